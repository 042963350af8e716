"""The log's key: the published note verifies and is signed again to the byte, and no other text passes."""

import base64
import stat
from pathlib import Path

import pytest

pytest.importorskip("cryptography")

from anlan.ledger.checkpoint import BadNote, Checkpoint
from anlan.ledger.models import TreeHead
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import BadSignature, Signer, VerifierKey, open_signer, sign_newest
from tests.unit.ledger.log import write
from tests.unit.ledger.test_checkpoint import PUBLISHED

# golang.org/x/mod/sumdb/note, the package's example: verifier key and seed
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]


def test_the_published_note_verifies_under_the_published_key() -> None:
    assert VerifierKey.from_text(PUBLIC).open(PUBLISHED).text.startswith("If you think cryptography")


def test_the_published_seed_gives_the_published_key_and_note() -> None:
    signer = Signer(name="PeterNeumann", seed=SEED)
    text = PUBLISHED.partition("\n\n")[0] + "\n"
    assert str(signer.verifier) == PUBLIC
    assert str(signer.sign(text)) == PUBLISHED


def test_a_changed_text_is_refused() -> None:
    with pytest.raises(BadSignature, match="does not belong to this text"):
        VerifierKey.from_text(PUBLIC).open(PUBLISHED.replace("cryptography", "Cryptography"))


def test_another_key_of_the_same_name_is_refused() -> None:
    other = Signer(name="PeterNeumann", seed=b"\x01" * 32).verifier
    with pytest.raises(BadSignature, match="bears no signature of PeterNeumann"):
        other.open(PUBLISHED)


@pytest.mark.parametrize(
    "text", ["", "name", PUBLIC.replace("c74f20a3", "c74f20a4"), PUBLIC.replace("+AR", "+Ah"), PUBLIC[:-4]]
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        VerifierKey.from_text(text)


def test_a_checkpoint_under_another_name_is_refused() -> None:
    signer = Signer(name="PeterNeumann", seed=SEED)
    note = signer.sign(Checkpoint(origin="elsewhere", size=1, root=b"\x01" * 32).text())
    with pytest.raises(BadSignature, match='is of the log "elsewhere"'):
        signer.verifier.open_checkpoint(str(note))


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = open_signer(tmp_path, "anlan.example.cn/ledger")
    again = open_signer(tmp_path, "anlan.example.cn/ledger")
    assert first == again
    assert stat.S_IMODE((tmp_path / "ledger-ed25519").stat().st_mode) == 0o600
    assert (tmp_path / "ledger-ed25519.pub").read_text() == f"{first.verifier}\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ledger-ed25519", "ledger-ed25519.pub"]


def test_a_broken_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / "ledger-ed25519").write_text("half a k")
    with pytest.raises(BadNote, match=r"holds no key\. Restore it from a backup"):
        open_signer(tmp_path, "anlan.example.cn/ledger")


def test_the_seed_is_never_shown() -> None:
    assert repr(Signer(name="a", seed=SEED)) == "Signer('a')"


@pytest.mark.django_db
def test_the_newest_head_is_signed_once(settings, tmp_path: Path) -> None:
    settings.ANLAN_KEYS_FOLDER, settings.ANLAN_LOG_NAME = str(tmp_path), "anlan.example.cn/ledger"
    assert not sign_newest()
    write(3)
    Sequencer().run()
    assert sign_newest()
    assert not sign_newest()

    head = TreeHead.objects.get()
    verifier = VerifierKey.from_text((tmp_path / "ledger-ed25519.pub").read_text())
    checkpoint = verifier.open_checkpoint(head.checkpoint)
    assert checkpoint == Checkpoint(origin="anlan.example.cn/ledger", size=3, root=bytes(head.root))
