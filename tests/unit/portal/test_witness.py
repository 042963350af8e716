"""The witness's door over HTTP: statuses and content types of C2SP tlog-witness, and a log that really calls it."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from anlan.ledger.checkpoint import parse_note
from anlan.ledger.cosignature import own_cosigner
from anlan.ledger.models import TreeHead, Witness, WitnessedLog
from anlan.ledger.offer import Offer
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import own_signer, sign_newest
from anlan.ledger.transport import Unreachable, post
from anlan.ledger.witness import add_log
from anlan.ledger.witnessed import ask_witnesses
from tests.unit.ledger.log import write
from tests.unit.ledger.other_log import ORIGIN, OtherLog

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LOG = OtherLog(most=300)
ADDRESS = "/witness/add-checkpoint"


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> None:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path)


@pytest.fixture
def witness() -> None:
    add_log(ORIGIN, LOG.key)


def told(client: Client, body: str | bytes) -> tuple[int, str, str]:
    answer = client.post(ADDRESS, body, content_type="text/plain")
    return answer.status_code, answer["Content-Type"], answer.content.decode()


def test_a_node_that_witnesses_no_log_has_no_door(client: Client) -> None:
    assert client.post(ADDRESS, LOG.offer(0, 5), content_type="text/plain").status_code == 404


def test_a_cosignature_is_one_signature_line(witness: None, client: Client) -> None:
    status, kind, text = told(client, LOG.offer(0, 5))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert text.startswith("— anlan.local/ledger/witness ")
    assert text.count("\n") == 1
    own_cosigner().key.time_of(parse_note(LOG.note(5) + text))


def test_a_conflict_tells_the_size_in_its_own_type(witness: None, client: Client) -> None:
    told(client, LOG.offer(0, 5))
    assert told(client, LOG.offer(0, 9)) == (409, "text/x.tlog.size", "5\n")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"old 0\n\n\xff\n", 400),
        (b"old 0\n\n" + b"x" * 70_000, 400),
        ("", 400),
        (LOG.offer(0, 5).replace(ORIGIN, "elsewhere.cn/ledger"), 404),
        (OtherLog(seed=2).offer(0, 5), 403),
        (str(Offer(old=0, proof=(b"\x01" * 32,), note=LOG.note(5))), 422),
    ],
)
def test_each_refusal_has_its_status(witness: None, client: Client, body: str | bytes, status: int) -> None:
    assert told(client, body)[0] == status
    assert WitnessedLog.objects.filter(size__gt=0).count() == 0


def test_only_posting_is_allowed_and_no_cookie_is_needed(witness: None) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get(ADDRESS).status_code == 405
    assert told(client, LOG.offer(0, 5))[0] == 200


class Clock:
    """The view's clock: it moves when it is told to."""

    def __init__(self) -> None:
        self.at = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.at

    def later(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("anlan.portal.views.witness.timezone.now", made.now)
    return made


def test_calls_that_come_too_fast_are_told_when_to_come_again(witness: None, client: Client, clock: Clock) -> None:
    statuses = [told(client, LOG.offer(0, 9))[0] for _ in range(32)]
    assert statuses == [200] + [409] * 29 + [429] * 2
    answer = client.post(ADDRESS, LOG.offer(9, 12), content_type="text/plain")
    assert (answer.status_code, answer["Retry-After"]) == (429, "1")
    assert answer.content == b"Too many calls; come again in 1 seconds.\n"
    assert WitnessedLog.objects.get().size == 9
    clock.later(1)
    assert told(client, LOG.offer(9, 12))[0] == 200


def test_a_hospital_that_calls_every_few_seconds_never_waits(witness: None, client: Client, clock: Clock) -> None:
    sizes = range(1, 121)
    statuses = []
    for size in sizes:
        statuses.append(told(client, LOG.offer(size - 1, size))[0])
        clock.later(3)
    assert statuses == [200] * 120


def test_nobody_slows_a_hospital_from_elsewhere_or_by_guessing(witness: None, clock: Clock) -> None:
    stranger, hospital = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="10.1.1.1")
    assert told(hospital, LOG.offer(0, 5))[0] == 200
    again = [told(stranger, LOG.offer(0, 5))[0] for _ in range(40)]  # the hospital's own public checkpoint
    assert (again[0], again[-1]) == (409, 429)
    neighbour = Client(REMOTE_ADDR="10.1.1.1")
    guesses = [told(neighbour, LOG.offer(0, 5).replace(ORIGIN, "elsewhere.cn/ledger"))[0] for _ in range(40)]
    assert (guesses[0], guesses[-1]) == (404, 429)
    assert told(neighbour, "")[0] == 429
    assert told(hospital, LOG.offer(5, 9))[0] == 200


def test_a_caller_who_goes_on_waits_at_most_ten_seconds(witness: None, client: Client, clock: Clock) -> None:
    waits = []
    for _ in range(60):
        answer = client.post(ADDRESS, "old 0\n\n", content_type="text/plain")
        if answer.status_code == 429:
            waits.append(int(answer["Retry-After"]))
            clock.later(waits[-1])
    assert 0 < max(waits) <= 10


@pytest.mark.django_db(transaction=True)
def test_a_log_is_cosigned_over_a_real_connection(live_server: Any, settings: Any) -> None:
    settings.ANLAN_WITNESSES = f"{own_cosigner().key} {live_server.url}/witness"
    add_log("anlan.local/ledger", str(own_signer().verifier))
    write(20)
    Sequencer().run()
    sign_newest()
    now = dt.datetime.now(dt.UTC)
    assert ask_witnesses(now=now) == 1
    assert Witness.objects.get().size == 20
    assert len(parse_note(TreeHead.objects.get().checkpoint).signatures) == 2
    assert ask_witnesses(now=now + dt.timedelta(minutes=2)) == 0


@pytest.mark.django_db(transaction=True)
def test_the_way_to_a_witness_tells_refusals_and_silence_apart(live_server: Any) -> None:
    status, _ = post(f"{live_server.url}{ADDRESS}", "old 0\n\n")
    assert status == 404
    assert post(f"{live_server.url}/me/", "")[0] in (302, 403)  # a redirect is not followed
    with pytest.raises(Unreachable):
        post("http://127.0.0.1:9/witness/add-checkpoint", "old 0\n\n")
