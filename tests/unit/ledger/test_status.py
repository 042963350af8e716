"""How the ledger is: late when something is not signed within five seconds, and never late for entries of other days."""

import datetime as dt
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from anlan.ledger.cosignature import own_cosigner
from anlan.ledger.models import Entry, TreeHead, Unsequenced, Witness
from anlan.ledger.rounds import ledger_rounds
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import own_signer, sign_newest
from anlan.ledger.status import checkpoint_words, ledger_status
from anlan.ledger.witness import add_checkpoint, add_log
from anlan.ledger.witnessed import accept, make_offer
from anlan.org.worker import background_rounds
from tests.unit.ledger.log import write
from tests.unit.ledger.yesterday import copied, put_back

pytestmark = [pytest.mark.database, pytest.mark.django_db]
AT = dt.datetime(2025, 3, 10, 1, 30, tzinfo=dt.UTC)  # when the entries of tests.unit.ledger.log were recorded
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> None:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path)


def test_an_empty_ledger_is_well() -> None:
    status = ledger_status(now=AT)
    assert (status.size, status.placed_at, status.signed, status.waiting, status.waits_since) == (
        0,
        None,
        None,
        0,
        None,
    )
    assert status.is_well
    assert checkpoint_words() == ""


@pytest.mark.parametrize(("seconds", "is_late"), [(0, False), (5, False), (5.1, True)])
def test_an_entry_that_waits_longer_than_five_seconds_is_late(seconds: float, is_late: bool) -> None:
    write(2)
    status = ledger_status(now=AT + seconds * SECOND)
    assert (status.waiting, status.waits_since, status.is_late) == (2, AT, is_late)


@pytest.mark.parametrize(("seconds", "is_late"), [(4, False), (5.1, True)])
def test_a_head_that_is_not_signed_within_five_seconds_is_late(seconds: float, is_late: bool) -> None:
    write(2)
    Sequencer().run(clock=lambda: AT)
    assert ledger_status(now=AT + seconds * SECOND).is_late is is_late
    sign_newest()
    status = ledger_status(now=AT + seconds * SECOND)
    assert status.signed is not None
    assert (status.signed.size, status.is_late) == (2, False)


def test_an_entry_of_another_day_does_not_wait_longer_than_the_newest_head_is_old() -> None:
    write(1)
    Sequencer().run(clock=lambda: AT + 3600 * SECOND)
    sign_newest()
    write(1)  # recorded an hour before that head, as an import brings them
    status = ledger_status(now=AT + 3602 * SECOND)
    assert (status.waits_since, status.is_late) == (AT + 3600 * SECOND, False)


def test_a_witness_is_shown_with_its_last_cosignature_and_is_silent_after_half_an_hour(settings: Any) -> None:
    settings.ANLAN_WITNESSES = f"{own_cosigner().key} https://a.cn/witness"
    add_log(settings.ANLAN_LOG_NAME, str(own_signer().verifier))
    assert ledger_status(now=AT).witnesses[0].is_silent
    write(3)
    Sequencer().run(clock=lambda: AT)
    sign_newest()
    accept(add_checkpoint(str(make_offer(old=0)), now=AT).newest, now=AT)
    [witness] = ledger_status(now=AT + 1800 * SECOND).witnesses
    assert (witness.name, witness.size, witness.cosigned_at, witness.is_silent) == (
        f"{settings.ANLAN_LOG_NAME}/witness",
        3,
        AT,
        False,
    )
    assert ledger_status(now=AT + 1801 * SECOND).witnesses[0].is_silent
    settings.ANLAN_WITNESSES = str(own_cosigner().key)
    assert not ledger_status(now=AT + 1801 * SECOND).witnesses[0].is_silent  # a file comes when it comes


def test_a_setting_that_cannot_be_read_is_told(settings: Any) -> None:
    settings.ANLAN_WITNESSES = "hello"
    status = ledger_status(now=AT)
    assert status.witnesses_fault.startswith("A verifier key reads name+8 hex digits+base64.")
    assert not status.is_well


def test_what_contradicts_is_told_in_sentences(settings: Any) -> None:
    settings.ANLAN_WITNESSES = str(own_cosigner().key)
    add_log(settings.ANLAN_LOG_NAME, str(own_signer().verifier))
    yesterday = copied()
    write(3)
    Sequencer().run(clock=lambda: AT)
    sign_newest()
    accept(add_checkpoint(str(make_offer(old=0)), now=AT).newest, now=AT)
    put_back(yesterday)
    status = ledger_status(now=AT)
    assert status.broken == "A witness cosigned 3 entries, the database holds 0. It was rolled back, or is an old copy."
    assert not status.is_well
    assert not Witness.objects.exists()


def test_the_short_form_of_a_checkpoint_has_name_size_and_root() -> None:
    write(3)
    Sequencer().run(clock=lambda: AT)
    sign_newest()
    lines = checkpoint_words().split("\n")
    assert (lines[0], lines[1], len(lines[2]), lines[3:]) == ("anlan.local/ledger", "3", 44, [""])


@pytest.mark.django_db(transaction=True)
def test_a_write_is_signed_within_five_seconds_by_the_rounds_beside_the_pages() -> None:
    """The rounds run as `anlan serve` runs them; writes come between, as they do."""
    with background_rounds(ledger_rounds()):
        for _ in range(3):
            write(5)
            written, began = Entry.objects.count(), time.monotonic()
            while time.monotonic() - began < 5:
                head = TreeHead.objects.exclude(checkpoint="").order_by("-size").first()
                if head is not None and head.size >= written:
                    break
                time.sleep(0.05)
            assert time.monotonic() - began < 5
            assert not Unsequenced.objects.exists()
    assert not ledger_status(now=timezone.now()).is_late
    connection.close()
