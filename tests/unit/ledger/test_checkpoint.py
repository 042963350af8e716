"""The text formats: a checkpoint and the signed note around it, read strictly and written back byte for byte."""

import pytest

from anlan.ledger.checkpoint import BadNote, Checkpoint, check_name, parse_checkpoint, parse_note

# golang.org/x/mod/sumdb/note, the package's example
PUBLISHED = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ROOT = bytes.fromhex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
TEXT = "anlan.example.cn/ledger\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"


def test_the_published_note_is_read_and_written_back() -> None:
    note = parse_note(PUBLISHED)
    [signature] = note.signatures
    assert note.text.endswith("what your problem is.\n")
    assert (signature.name, signature.key_id.hex(), len(signature.value)) == ("PeterNeumann", "c74f20a3", 64)
    assert str(note) == PUBLISHED


def test_a_checkpoint_is_origin_size_and_root() -> None:
    checkpoint = Checkpoint(origin="anlan.example.cn/ledger", size=8, root=ROOT)
    assert checkpoint.text() == TEXT
    assert parse_checkpoint(TEXT) == checkpoint
    assert parse_checkpoint(TEXT + "an extension\n") == checkpoint


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        PUBLISHED.removesuffix("\n"),
        PUBLISHED.replace("— ", "- "),
        PUBLISHED.replace("PeterNeumann x08", "PeterNeumannx08"),
        PUBLISHED.replace("nAM=", "nAN="),  # the same bytes in another spelling
        PUBLISHED.replace("problem,", "problem,\r"),
        "text\n\n— a AAAA\n",
    ],
)
def test_what_is_no_signed_note_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        parse_note(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n8\n",
        TEXT.replace("\n8\n", "\n08\n"),
        TEXT.replace("\n8\n", "\n-8\n"),
        TEXT.replace("\n8\n", "\n٨\n"),
        TEXT.replace("XcnaeacG", "Xcna"),
        TEXT.replace("Qyg=", "Qyh="),
        "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        parse_checkpoint(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb"])
def test_a_name_with_spaces_or_a_plus_is_refused(name: str) -> None:
    with pytest.raises(BadNote, match="cannot name a log"):
        check_name(name)
