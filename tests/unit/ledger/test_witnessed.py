"""Our log before its witnesses: cosignatures are stored, yesterday's database and a second history are found."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anlan.ledger.checkpoint import parse_note
from anlan.ledger.cosignature import own_cosigner
from anlan.ledger.errors import LedgerError
from anlan.ledger.kept import broken_promise, kept_checkpoint
from anlan.ledger.models import Alarm, Entry, Position, TreeHead, Witness, WitnessedLog
from anlan.ledger.offer import parse_offer
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import own_signer, sign_newest
from anlan.ledger.transport import Unreachable
from anlan.ledger.verify import Outcome, verify_record
from anlan.ledger.witness import add_checkpoint, add_log
from anlan.ledger.witnessed import accept, ask_witnesses, configured_witnesses, make_offer
from config.soundness import all_findings
from tests.unit.ledger.log import write
from tests.unit.ledger.yesterday import copied, put_back

pytestmark = [pytest.mark.database, pytest.mark.django_db]
AT = dt.datetime(2025, 3, 20, 8, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
NAME = "commission.example.cn/witness"
Send = Callable[[str, str], tuple[int, str]]


class Wire:
    """The way to a witness: the real one, on the other end of a function. `sent` holds what went over it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def __call__(self, url: str, body: str) -> tuple[int, str]:
        self.sent.append((url, body))
        answer = add_checkpoint(body, now=AT)
        return answer.verdict.value, answer.text

    def sizes(self) -> list[tuple[int, int]]:
        """What was offered: (old size, new size)."""
        offers = [parse_offer(body) for _, body in self.sent]
        return [(offer.old, int(offer.note.split("\n")[1])) for offer in offers]


@pytest.fixture
def wire(settings: Any, tmp_path: Path) -> Wire:
    """A log and its witness, each with a key of its own."""
    settings.ANLAN_KEYS_FOLDER, settings.ANLAN_WITNESS_NAME = str(tmp_path), NAME
    settings.ANLAN_LOG_NAME = "hospital.example.cn/ledger"
    settings.ANLAN_WITNESSES = f"{own_cosigner().key} https://commission.example.cn/witness/"
    add_log("hospital.example.cn/ledger", str(own_signer().verifier))
    return Wire()


def grow(count: int) -> None:
    write(count)
    Sequencer().run(clock=lambda: AT + dt.timedelta(days=TreeHead.objects.count()))
    sign_newest()


def ask(wire: Send, *, minutes: int = 0) -> int:
    return ask_witnesses(now=AT + minutes * MINUTE, send=wire)


def test_a_new_checkpoint_is_shown_and_the_cosignature_stands_in_it(wire: Wire, tmp_path: Path) -> None:
    grow(300)
    assert ask(wire) == 1
    assert wire.sent[0][0] == "https://commission.example.cn/witness/add-checkpoint"
    head = TreeHead.objects.get()
    note = parse_note(head.checkpoint)
    assert [one.name for one in note.signatures] == ["hospital.example.cn/ledger", NAME]
    assert own_cosigner().key.time_of(note) == AT
    witness = Witness.objects.get()
    assert (witness.name, witness.size, witness.cosigned_at, witness.fault) == (NAME, 300, AT, "")
    assert (tmp_path / "newest-cosigned.txt").read_text() == head.checkpoint


def test_a_witness_is_asked_at_most_every_minute_and_goes_on_from_where_it_was(wire: Wire) -> None:
    grow(10)
    ask(wire)
    grow(10)
    assert ask_witnesses(now=AT + 0.9 * MINUTE, send=wire) == 0
    assert ask(wire, minutes=1) == 1
    assert wire.sizes() == [(0, 10), (10, 20)]


def test_a_log_at_rest_is_shown_again_after_ten_minutes_and_keeps_one_cosignature(wire: Wire) -> None:
    grow(10)
    assert [ask(wire, minutes=minutes) for minutes in (0, 2, 9, 11)] == [1, 0, 0, 1]
    assert wire.sizes() == [(0, 10), (10, 10)]
    assert len(parse_note(TreeHead.objects.get().checkpoint).signatures) == 2


def test_after_a_lost_answer_the_log_learns_how_far_the_witness_is(wire: Wire) -> None:
    grow(10)
    add_checkpoint(str(make_offer(old=0)), now=AT)
    grow(5)
    assert ask(wire) == 1
    assert wire.sizes() == [(0, 15), (10, 15)]
    assert not Alarm.objects.exists()


def test_a_witness_without_an_address_is_not_called(wire: Wire, settings: Any) -> None:
    settings.ANLAN_WITNESSES = str(own_cosigner().key)
    grow(3)
    assert ask(wire) == 0
    assert wire.sent == []


@pytest.mark.parametrize("answer", [(200, "— somebody AAAA\n"), (200, ""), (500, "oh"), (409, "many\n"), (302, "")])
def test_an_answer_that_is_none_is_noted_and_stores_nothing(wire: Wire, answer: tuple[int, str]) -> None:
    grow(3)
    assert ask(lambda url, body: answer) == 0
    witness = Witness.objects.get()
    assert witness.fault != ""
    assert (witness.size, kept_checkpoint()) == (0, None)
    assert len(parse_note(TreeHead.objects.get().checkpoint).signatures) == 1
    assert not Alarm.objects.exists()


def test_a_cosignature_of_another_key_stores_nothing(wire: Wire, settings: Any, tmp_path: Path) -> None:
    grow(3)
    (tmp_path / "witness-ed25519").unlink()
    assert ask(wire) == 0
    assert Witness.objects.get().fault.startswith("answered, but not with its cosignature: ")


def test_a_witness_that_is_away_is_noted_and_asked_again(wire: Wire) -> None:
    def away(url: str, body: str) -> tuple[int, str]:
        raise Unreachable("connection refused")

    grow(3)
    assert ask(away) == 0
    assert Witness.objects.get().fault == "does not answer: connection refused"
    assert ask(wire, minutes=1) == 1
    assert Witness.objects.get().fault == ""


# ── yesterday's database ────────────────────────────────────────────────────────────────────────────────────────────


def test_yesterdays_database_is_found_by_the_witness_and_by_the_kept_file(
    wire: Wire, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    grow(40)
    ask(wire)
    yesterday = copied()
    grow(20)
    ask(wire, minutes=1)
    put_back(yesterday)

    said = "a witness cosigned 60 entries, but the database holds 40: it was rolled back, or is an old copy"
    assert broken_promise() == said
    record = verify_record(Entry.objects.earliest("pk").record_uid)
    assert record.outcome is Outcome.FAILS
    assert [step.said for step in record.steps if step.name == "witness"] == [said]
    (tmp_path / "newest-cosigned.txt").unlink()  # whoever puts back the database may put back the folder too
    assert broken_promise() == ""
    assert ask(wire, minutes=24 * 60) == 0
    alarms = list(Alarm.objects.values_list("kind", "said"))
    assert alarms == [
        ("rolled_back", "offers 40 entries, 60 were cosigned: an old copy was sent, or the log was rolled back"),
        ("rolled_back", "cosigned 60 entries, this log has 40: the database was rolled back, or is an old copy"),
    ]
    assert "LEDGER ALARM rolled_back" in caplog.text
    findings = [
        one["fault"] for one in all_findings() if one["place"] == f"log hospital.example.cn/ledger, witness {NAME}"
    ]
    assert len(findings) == 2
    assert findings[1].startswith(
        "cosigned 60 entries, this log has 40: the database was rolled back, or is an old copy"
    )


def test_a_log_that_goes_on_from_yesterdays_database_is_not_signed_and_found_by_the_witness(
    wire: Wire, tmp_path: Path
) -> None:
    grow(40)
    yesterday = copied()
    grow(20)
    ask(wire)
    put_back(yesterday)
    write(30)
    Sequencer().run(clock=lambda: AT + dt.timedelta(days=9))
    said = "a witness cosigned another tree of 60 entries than the database holds"
    with pytest.raises(LedgerError, match=f"The newest tree head is not signed: {said}"):
        sign_newest()
    assert broken_promise().startswith(said)

    (tmp_path / "newest-cosigned.txt").unlink()
    sign_newest()
    assert ask(wire, minutes=1) == 0
    assert wire.sizes()[1:] == [(0, 70), (60, 70)]
    kinds = list(Alarm.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["unproven", "split_view"]  # the witness's word, then the log's
    assert Witness.objects.get().fault == "cosigned 60 entries of another history than this database holds"
    assert WitnessedLog.objects.get().size == 60


def test_a_witness_that_forgot_is_named(wire: Wire) -> None:
    grow(10)
    ask(wire)
    grow(10)
    WitnessedLog.objects.all().delete()
    assert ask(wire, minutes=1) == 1
    alarm = Alarm.objects.get()
    assert alarm.said == "cosigned 10 entries and now knows of 0 only: its own database was rolled back"


def test_a_kept_file_that_cannot_be_read_is_named_and_does_not_stop_the_signing(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "newest-cosigned.txt").write_text("half a no")
    assert broken_promise().startswith("the newest cosigned checkpoint in keys/newest-cosigned.txt cannot be read")
    grow(3)
    assert TreeHead.objects.get().checkpoint != ""


def test_the_kept_file_of_a_log_of_another_name_binds_nobody(wire: Wire, settings: Any) -> None:
    grow(10)
    ask(wire)
    settings.ANLAN_LOG_NAME = "hospital.example.cn/ledger-2"
    Position.objects.all().delete()
    assert (kept_checkpoint(), broken_promise()) == (None, "")


def test_a_smaller_checkpoint_does_not_take_the_place_of_the_kept_one(wire: Wire) -> None:
    grow(10)
    first = make_offer(old=0)
    grow(10)
    ask(wire)
    WitnessedLog.objects.all().delete()
    smaller = add_checkpoint(str(first), now=AT).newest
    assert accept(smaller, now=AT) == (NAME,)
    kept = kept_checkpoint()
    assert kept is not None
    assert kept.checkpoint.size == 20
    assert Witness.objects.get().size == 20


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_comes_back_is_stored_like_an_answer(wire: Wire) -> None:
    grow(10)
    back = add_checkpoint(str(make_offer(old=0)), now=AT).newest
    assert accept(back, now=AT) == (NAME,)
    assert TreeHead.objects.get().checkpoint == back
    assert Witness.objects.get().size == 10


def test_a_file_of_more_than_we_have_is_an_alarm(wire: Wire) -> None:
    grow(10)
    yesterday = copied()
    grow(5)
    back = add_checkpoint(str(make_offer(old=0)), now=AT).newest
    put_back(yesterday)
    with pytest.raises(LedgerError, match="The ledger contradicts the file: a witness cosigned 15 entries") as refused:
        accept(back, now=AT)
    assert refused.value.code == "ledger.E033"
    assert Alarm.objects.get().kind == "rolled_back"
    with pytest.raises(LedgerError, match="The witness cosigned 15 entries, but this log has 10"):
        make_offer(old=15)


def test_a_file_without_a_witness_of_ours_or_of_another_log_is_refused(wire: Wire, settings: Any) -> None:
    grow(10)
    with pytest.raises(LedgerError, match="bears no cosignature of a witness in ANLAN_WITNESSES"):
        accept(TreeHead.objects.get().checkpoint, now=AT)
    settings.ANLAN_LOG_NAME = "other.example.cn/ledger"
    with pytest.raises(LedgerError, match=r"bears no signature of other\.example\.cn/ledger"):
        accept(TreeHead.objects.get().checkpoint, now=AT)


@pytest.mark.parametrize("text", ["{key} ftp://a.cn", "{key} https://a.cn more", "{key} a.cn/witness"])
def test_a_setting_that_names_no_address_is_refused(settings: Any, wire: Wire, text: str) -> None:
    settings.ANLAN_WITNESSES = text.format(key=own_cosigner().key)
    with pytest.raises(LedgerError, match=r'ANLAN_WITNESSES: ".*" is not "KEY" or "KEY http\(s\)://address"'):
        configured_witnesses()


def test_there_is_nothing_to_offer_before_the_first_checkpoint(wire: Wire) -> None:
    with pytest.raises(LedgerError, match="There is no signed checkpoint yet"):
        make_offer(old=0)
    assert ask(wire) == 0
