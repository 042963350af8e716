"""The page of the ledger's state, and the checkpoint that a printed score sheet bears."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from anlan.ledger.alarms import Contradiction, raise_alarm, words
from anlan.ledger.checkpoint import parse_note
from anlan.ledger.cosignature import own_cosigner
from anlan.ledger.kept import keep
from anlan.ledger.models import Alarm, Leader, Witness
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import sign_newest
from anlan.ledger.status import checkpoint_words
from anlan.ledger.witnessed import newest_signed
from anlan.org.models import Person
from tests.unit.ledger.log import write
from tests.unit.ledger.yesterday import copied, put_back

pytestmark = [pytest.mark.database, pytest.mark.django_db]
AT = dt.datetime(2025, 3, 10, 1, 30, tzinfo=dt.UTC)
ENGLISH = {"HTTP_COOKIE": "django_language=en"}


@pytest.fixture(autouse=True)
def signed(settings: Any, tmp_path: Path) -> None:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path)
    write(12)
    Sequencer().run()
    sign_newest()


def page(client: Client, place: str = "A", more: str = "ledger/") -> tuple[int, str]:
    client.cookies["django_language"] = "en"
    answer = client.get(f"/at/{place}/2025/{more}")
    return answer.status_code, re.sub(r"\s+", " ", answer.content.decode())


def alarm(kind: Alarm.Kind = Alarm.Kind.ROLLED_BACK, *, is_ours: bool = True) -> None:
    wrong = Contradiction(
        kind=kind, is_ours=is_ours, origin="a.cn/ledger", witness="b.cn/witness", witnessed=60, shown=40, said="x", about="60"
    )  # fmt: skip
    raise_alarm(wrong, now=AT)


def test_a_ledger_in_order_says_so(shen: Person, client_as: Callable[..., Client]) -> None:
    status, text = page(client_as(shen))
    assert status == 200
    assert "The ledger is in order" in text
    assert "<dd>12<small>all of them</small></dd>" in text
    assert "No alarm" in text
    assert "No witness" in text


def test_an_alarm_stands_at_the_top_of_what_is_said(
    shen: Person, client_as: Callable[..., Client], settings: Any
) -> None:
    settings.ANLAN_WITNESSES = str(own_cosigner().key)
    alarm()
    _, text = page(client_as(shen))
    assert "Wants attention" in text
    assert "The witness cosigned 60 entries, this log has 40. The database was rolled back, or is an old copy." in text
    assert "by file" in text
    assert "none yet" in text


def test_a_database_that_was_put_back_is_not_called_free_of_alarms_and_the_menu_counts_it(
    li: Person, wang: Person, client_as: Callable[..., Client], settings: Any
) -> None:
    settings.ANLAN_WITNESSES = str(own_cosigner().key)
    before = copied()
    write(3)
    Leader.objects.all().delete()  # the sequencer of the fixture holds the lease
    Sequencer().run()
    sign_newest()
    keep(parse_note(newest_signed().checkpoint))
    assert "a-count-late" not in page(client_as(li), more="")[1]
    put_back(before)
    _, said = page(client_as(li))
    assert "A witness cosigned 15 entries, the database holds 12." in said
    assert "No alarm" not in said
    assert "settled, on record" not in said
    alarm()
    Alarm.objects.update(settled_at=AT)
    _, said = page(client_as(li))
    assert "1 settled, on record" in said  # what was settled does not vanish beside a new contradiction
    assert "No alarm" not in said
    menu = page(client_as(li), more="")[1]
    assert '<span>Ledger status</span><span class="a-count a-count-late">1</span>' in menu
    assert "a-count-late" not in page(client_as(wang), more="")[1]  # who may not look is not told either


@pytest.mark.parametrize(
    ("who", "status"), [("li", 200), ("chen", 200), ("shen", 200), ("guan", 200), ("qian", 404), ("wang", 404), ("feng", 404)]
)  # fmt: skip
def test_who_may_look(who: str, status: int, request: pytest.FixtureRequest, client_as: Callable[..., Client]) -> None:
    client = client_as(request.getfixturevalue(who))
    place = "A"
    assert page(client, place)[0] == status
    if status == 200:
        start = page(client, place, "administration/" if who == "guan" else "")[1]
        assert (
            f'href="/at/{place if who != "guan" else request.getfixturevalue("world").city.code}/2025/ledger/"' in start
        )


def test_the_page_of_a_commission_shows_the_same(chen: Person, world: Any, client_as: Callable[..., Client]) -> None:
    status, text = page(client_as(chen), world.district_1.code)
    assert status == 200
    assert "Entries in the tree" in text


@pytest.mark.parametrize(
    ("fault", "words", "detail"),
    [
        ("does not answer: [Errno 111] Connection refused", "It does not answer.", "[Errno 111] Connection refused"),
        ("answers 403: unknown log", "It refuses the checkpoint.", "403: unknown log"),
        ("answered, but not with its cosignature: no line", "It answered, but not with its cosignature.", "no line"),
        ("cosigned 60 entries of another history", "contradicts this database", "60 entries of another history"),
        ("cannot be shown a proof from 4 entries: tile 0/1", "the tree has a gap", "from 4 entries: tile 0/1"),
    ],
)
def test_what_is_wrong_with_a_witness_stands_there_in_words(
    shen: Person, client_as: Callable[..., Client], settings: Any, fault: str, words: str, detail: str
) -> None:
    key = own_cosigner().key
    settings.ANLAN_WITNESSES = f"{key} https://witness.example"
    Witness.objects.create(name=key.name, size=12, cosigned_at=timezone.now(), fault=fault)

    _, text = page(client_as(shen))
    assert words in text
    assert f'<div class="a-small a-muted">{detail}</div>' in text
    assert fault not in text


def test_a_silent_witness_wants_attention(shen: Person, client_as: Callable[..., Client], settings: Any) -> None:
    settings.ANLAN_WITNESSES = f"{own_cosigner().key} https://witness.example"

    _, text = page(client_as(shen))
    assert "Wants attention" in text
    assert "The ledger is in order" not in text


def test_every_alarm_has_its_sentence() -> None:
    pairs = [(kind, True) for kind in ("rolled_back", "split_view", "witness_behind")]
    pairs += [(kind, False) for kind in ("rolled_back", "split_view", "unproven")]
    for kind, is_ours in pairs:
        alarm(Alarm.Kind(kind), is_ours=is_ours)
    told = {words(one) for one in Alarm.objects.all()}
    assert len(told) == 6
    assert all("60" in sentence for sentence in told)


def test_the_code_holds_the_words_and_neither_style_nor_script() -> None:
    drawn = Template("{% load anlan %}{% qr words %}").render(Context({"words": checkpoint_words()}))
    assert drawn.startswith('<svg viewBox="0 0 ')
    assert 'class="a-qr"' in drawn
    assert "style" not in drawn
    assert "script" not in drawn
    other = Template("{% load anlan %}{% qr words %}").render(
        Context({"words": checkpoint_words().replace("12", "13")})
    )
    assert other != drawn


def test_the_printed_sheet_bears_the_checkpoint_and_the_screen_does_not(
    li: Person, client_as: Callable[..., Client]
) -> None:
    client = client_as(li)
    root = checkpoint_words().split("\n")[2]
    printed, shown = page(client, "A", "score/?open=1")[1], page(client, "A", "score/")[1]
    assert "a-qr" in printed
    assert root in printed.replace("&#x2B;", "+")
    assert root not in shown.replace("&#x2B;", "+")
