"""This node as a witness: each case of C2SP tlog-witness, and what is kept as evidence against a log."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from anlan.ledger.checkpoint import Checkpoint, Note, parse_note
from anlan.ledger.cosignature import own_cosigner
from anlan.ledger.errors import LedgerError
from anlan.ledger.hashing import SM3
from anlan.ledger.models import Alarm, WitnessedLog
from anlan.ledger.offer import Offer, parse_offer
from anlan.ledger.witness import Verdict, add_checkpoint, add_log, broken_witnessed, known_logs
from tests.properties.test_tree import flipped
from tests.unit.ledger.other_log import ORIGIN, OtherLog

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ROOT = Path(__file__).resolve().parents[3]
AT = dt.datetime(2025, 3, 20, 8, 0, tzinfo=dt.UTC)
LOG, FORK = OtherLog(), OtherLog(word="other")


@pytest.fixture(autouse=True)
def witness(settings: Any, tmp_path: Path) -> None:
    """A node that witnesses one log."""
    settings.ANLAN_KEYS_FOLDER, settings.ANLAN_WITNESS_NAME = str(tmp_path), "commission.example.cn/witness"
    add_log(ORIGIN, LOG.key)


def judged(text: str) -> tuple[int, str]:
    answer = add_checkpoint(text, now=AT)
    return answer.verdict.value, answer.text


def known() -> tuple[int, bytes]:
    row = WitnessedLog.objects.get(pk=ORIGIN)
    return row.size, bytes(row.root)


def alarms() -> list[tuple[str, int, bool]]:
    rows = Alarm.objects.order_by("pk").values_list("kind", "times", "settled_at")
    return [(kind, times, settled is not None) for kind, times, settled in rows]


# ── what is cosigned ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_first_checkpoint_is_cosigned_and_kept() -> None:
    answer = add_checkpoint(LOG.offer(0, 100), now=AT)
    assert answer.verdict is Verdict.COSIGNED
    note = parse_note(LOG.note(100) + answer.text)
    assert own_cosigner().key.time_of(note) == AT
    assert known() == (100, LOG.checkpoint(100).root)
    assert answer.newest == str(note)
    assert alarms() == []


def test_a_log_that_goes_on_is_cosigned_again() -> None:
    for old, size in ((0, 1), (1, 100), (100, 256), (256, 257), (257, 600), (600, 600)):
        assert judged(LOG.offer(old, size))[0] == 200
    assert known() == (600, LOG.checkpoint(600).root)


@pytest.mark.parametrize(
    "change", [{"size": 0}, {"size": 0, "root": b"", "tree_hash": ""}, {"root": FORK.checkpoint(100).root}, {"size": 50}, {"checkpoint": ""},
               {"checkpoint": "x"}, {"tree_hash": "sm3"}],
)  # fmt: skip
def test_a_witness_whose_memory_was_changed_cosigns_nothing_and_says_so(change: dict[str, Any]) -> None:
    """By SQL its size was set to 0, and it cosigned another history of the log that it knew."""
    add_checkpoint(LOG.offer(0, 100), now=AT)
    assert list(broken_witnessed()) == []
    WitnessedLog.objects.update(**change)
    for offer in (FORK.offer(0, 120), FORK.offer(100, 120), LOG.offer(100, 120)):
        assert judged(offer)[0] == Verdict.UNPROVEN
    [(where, _)] = broken_witnessed()
    assert where == f"witnessed log {ORIGIN}"


def test_an_empty_tree_is_cosigned_with_the_root_of_nothing_only() -> None:
    empty = Checkpoint(origin=ORIGIN, size=0, root=LOG.by.empty_root)
    wrong = Checkpoint(origin=ORIGIN, size=1, root=b"\x01" * 32).text().replace("\n1\n", "\n0\n")
    offers = [str(Offer(old=0, proof=(), note=str(LOG.signer.sign(text)))) for text in (wrong, empty.text())]
    assert [judged(offer)[0] for offer in offers] == [400, 200]


def test_an_sm3_log_is_verified_with_sm3() -> None:
    log = OtherLog(by=SM3)
    assert [judged(log.offer(old, size))[0] for old, size in ((0, 90), (90, 300))] == [200, 200]
    assert WitnessedLog.objects.get().tree_hash == "sm3"


def test_signatures_of_unknown_keys_are_ignored() -> None:
    note = parse_note(LOG.note(100))
    other = OtherLog(seed=2).signer.sign(note.text)
    both = Note(text=note.text, signatures=(*other.signatures, *note.signatures))
    assert judged(str(Offer(old=0, proof=(), note=str(both))))[0] == 200


# ── what is refused, and how ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["", "old 0\n\n", "old 0\n\nno note", LOG.note(5)])
def test_what_is_no_offer_is_malformed(text: str) -> None:
    assert judged(text)[0] == 400


def test_an_old_size_beyond_the_checkpoint_is_malformed() -> None:
    assert judged(str(Offer(old=6, proof=(), note=LOG.note(5)))) == (
        400,
        "The old size is larger than that of the checkpoint.\n",
    )


def test_a_log_that_is_not_known_is_not_found() -> None:
    text = LOG.checkpoint(5).text().replace(ORIGIN, "elsewhere.cn/ledger")
    note = str(LOG.signer.sign(text))
    assert judged(str(Offer(old=0, proof=(), note=note))) == (404, "The log elsewhere.cn/ledger is not known here.\n")


def test_a_checkpoint_that_another_key_signed_is_forbidden() -> None:
    assert judged(OtherLog(seed=2).offer(0, 5))[0] == 403
    assert judged(LOG.offer(0, 5).replace("\n5\n", "\n6\n"))[0] == 403
    assert not WitnessedLog.objects.exists()


def test_another_old_size_is_a_conflict_that_tells_the_size() -> None:
    add_checkpoint(LOG.offer(0, 100), now=AT)
    assert judged(LOG.offer(50, 200)) == (409, "100\n")
    assert judged(LOG.offer(0, 200)) == (409, "100\n")
    assert known()[0] == 100
    assert alarms() == []  # a log that does not know how far we are does nothing wrong


def test_a_smaller_tree_is_a_conflict_and_a_suspicion_until_the_log_goes_on() -> None:
    add_checkpoint(LOG.offer(0, 100), now=AT)
    assert judged(LOG.offer(40, 60)) == (409, "100\n")
    assert judged(LOG.offer(60, 60)) == (409, "100\n")
    assert alarms() == [("rolled_back", 2, False)]
    assert Alarm.objects.get().evidence.startswith(LOG.checkpoint(60).text())
    assert judged(LOG.offer(100, 130))[0] == 200
    assert alarms() == [("rolled_back", 2, True)]


def test_two_checkpoints_of_one_size_are_a_split_view_and_both_are_kept() -> None:
    add_checkpoint(LOG.offer(0, 100), now=AT)
    assert judged(str(Offer(old=100, proof=(), note=FORK.note(100)))) == (409, "100\n")
    alarm = Alarm.objects.get()
    assert alarm.kind == "split_view"
    assert FORK.note(100) in alarm.evidence
    assert LOG.note(100).splitlines()[-1] in alarm.evidence
    assert judged(LOG.offer(100, 130))[0] == 200
    assert alarms() == [("split_view", 1, False)]  # no proof makes two histories one


def test_a_history_that_does_not_go_on_from_the_old_one_is_refused_and_kept() -> None:
    add_checkpoint(LOG.offer(0, 100), now=AT)
    assert judged(FORK.offer(100, 200))[0] == 422
    assert known() == (100, LOG.checkpoint(100).root)
    assert alarms() == [("unproven", 1, False)]


def test_a_wrong_proof_that_anybody_could_send_is_forgotten_when_the_log_proves_the_same_checkpoint() -> None:
    add_checkpoint(LOG.offer(0, 100), now=AT)
    assert judged(str(Offer(old=100, proof=(b"\x01" * 32,), note=LOG.note(200))))[0] == 422
    assert judged(LOG.offer(100, 200))[0] == 200
    assert alarms() == [("unproven", 1, True)]


def test_a_tree_that_changes_its_hash_is_another_history() -> None:
    add_checkpoint(LOG.offer(0, 100), now=AT)
    assert judged(OtherLog(by=SM3).offer(100, 200))[0] == 409
    assert alarms() == [("split_view", 1, False)]


@given(st.data())
def test_any_flipped_bit_of_a_proof_or_root_is_refused(data: st.DataObject) -> None:
    WitnessedLog.objects.all().delete()
    add_checkpoint(LOG.offer(0, 100), now=AT)
    size = data.draw(st.integers(101, 600))
    parsed = parse_offer(LOG.offer(100, size))
    at, bit = data.draw(st.integers(0, len(parsed.proof) - 1)), data.draw(st.integers(0, 255))
    proof = tuple(flipped(part, bit) if number == at else part for number, part in enumerate(parsed.proof))
    assert judged(str(Offer(old=100, proof=proof, note=parsed.note)))[0] == 422
    assert known() == (100, LOG.checkpoint(100).root)


# ── which logs ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_log_is_added_once_and_a_second_key_beside_the_first() -> None:
    assert not add_log(ORIGIN, LOG.key)
    assert add_log(ORIGIN, OtherLog(seed=2).key)
    assert len(known_logs()[ORIGIN]) == 2
    assert judged(OtherLog(seed=2).offer(0, 5))[0] == 200


def test_a_key_of_another_name_is_not_added() -> None:
    with pytest.raises(LedgerError, match=r'The key is of the log "hospital\.example\.cn/ledger", not of "other"'):
        add_log("other", LOG.key)


# ── it never goes back ──────────────────────────────────────────────────────────────────────────────────────────────

WORK = """
import datetime as dt, sys
import django; django.setup()
from django.conf import settings
from django.db import connections
connections["default"].close(); connections["default"].settings_dict["NAME"] = {name!r}
settings.ANLAN_KEYS_FOLDER, settings.ANLAN_WITNESS_NAME = {keys!r}, "commission.example.cn/witness"
from anlan.ledger.witness import add_checkpoint
from tests.unit.ledger.other_log import OtherLog
log, old = OtherLog(), {old}
print("ready", flush=True)
while old < 600:
    answer = add_checkpoint(log.offer(old, old + 1), now=dt.datetime.now(dt.UTC))
    assert answer.verdict == 200, answer
    old += 1
    print(old, flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_a_witness_killed_at_any_moment_has_kept_what_it_cosigned(settings: Any) -> None:
    """What it answered it has kept; at most one checkpoint more was kept than was answered."""
    connection.close()
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    old = 0
    for delay in (0.03, 0.011, 0.017, 0.005):
        work = WORK.format(name=connection.settings_dict["NAME"], keys=settings.ANLAN_KEYS_FOLDER, old=old)
        with subprocess.Popen(
            [sys.executable, "-c", work], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            first = int(process.stdout.readline())
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            answered = [first, *(int(line) for line in process.stdout.read().split("\n")[:-1])]
        assert answered == list(range(old + 1, old + 1 + len(answered)))
        old, top = known()
        assert answered[-1] <= old <= answered[-1] + 1
        assert top == LOG.checkpoint(old).root
    assert judged(LOG.offer(old, 600))[0] == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_offers_at_once_one_is_a_conflict() -> None:
    add_checkpoint(LOG.offer(0, 100), now=AT)
    answers: list[int] = []

    def offer(size: int) -> None:
        answers.append(judged(LOG.offer(100, size))[0])
        connection.close()

    threads = [threading.Thread(target=offer, args=(size,)) for size in (150, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]
    assert known()[0] in (150, 200)
