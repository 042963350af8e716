"""Failures slow the next attempt; nobody is locked out by others, and five hundred nurses share one address."""

import datetime as dt
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from anlan.org.credentials import Pace
from anlan.org.door import pace
from anlan.org.door.pace import Knock
from anlan.org.models import Person

pytestmark = pytest.mark.database
NOW = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)
HOSPITAL = "10.1.1.1"
NURSES = 500
WORD = "morning shift begins"


def knock(username: str, address: str = HOSPITAL, browser: str = "") -> Knock:
    return Knock(username=username, address=address, browser=browser)


def later(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


@pytest.mark.django_db
def test_the_delay_for_a_user_name_grows_over_all_addresses_and_ends_at_five_minutes():
    waits, moment = [], NOW
    for number in range(24):
        seconds = pace.wait_seconds(knock("li", f"192.0.2.{number}"), now=moment)
        waits.append(seconds)
        moment += dt.timedelta(seconds=seconds)
        pace.failed(knock("li", f"192.0.2.{number}"), now=moment)

    assert waits[:14] == [0] * 10 + [1, 2, 4, 8]
    assert max(waits) == 300


def test_one_machine_is_one_address_however_many_of_ipv6_it_has(rf):
    knocks = {
        Knock.of(rf.post("/sign-in/", REMOTE_ADDR=f"2001:db8:1:2::{number:x}"), "li").address for number in range(9)
    }
    assert knocks == {"2001:db8:1:2::/64"}
    assert Knock.of(rf.post("/sign-in/", REMOTE_ADDR="192.0.2.1"), "li").address == "192.0.2.1"


@pytest.mark.django_db
def test_who_signed_in_from_there_does_not_wait_for_a_stranger_elsewhere():
    pace.succeeded(knock("li"), now=NOW)
    for number in range(40):
        pace.failed(knock("li", f"192.0.2.{number}"), now=NOW)

    assert pace.wait_seconds(knock("li", "192.0.2.99"), now=NOW) > 0
    assert pace.wait_seconds(knock("li"), now=NOW) == 0
    assert pace.wait_seconds(knock("li"), now=NOW + dt.timedelta(days=31)) == 0  # everything sank by then
    assert pace.wait_seconds(knock("zhao"), now=NOW) == 0


@pytest.mark.django_db
def test_a_known_browser_answers_for_its_own_failures_alone():
    mine, other = knock("li", "192.0.2.1", browser="mark"), knock("li", "192.0.2.1")
    for _ in range(30):
        pace.failed(other, now=NOW)
    assert (pace.wait_seconds(other, now=NOW), pace.wait_seconds(mine, now=NOW)) == (300, 0)

    waits = []
    for _ in range(7):
        waits.append(pace.wait_seconds(mine, now=NOW))
        pace.failed(mine, now=NOW)
    assert waits == [0, 0, 0, 0, 0, 1, 2]


@pytest.mark.django_db
def test_an_address_slows_unknown_pairs_by_ten_seconds_at_most_and_recovers():
    for number in range(1000):
        pace.failed(knock(f"guess-{number}"), now=NOW)

    assert pace.wait_seconds(knock("new"), now=NOW) == 10
    assert pace.wait_seconds(knock("new"), now=later(10)) == 0
    assert pace.wait_seconds(knock("new", "10.9.9.9"), now=NOW) == 0


@pytest.fixture
def nurses(db) -> list[Person]:
    """Five hundred nurses. One hash serves them all: hashing five hundred times would measure Argon2."""
    hashed = make_password(WORD)
    people = [Person(username=f"nurse{number:03}", name="护士", password=hashed) for number in range(NURSES)]
    return Person.objects.bulk_create(people)


@pytest.mark.slow
def test_five_hundred_nurses_behind_one_address_sign_in_while_somebody_there_guesses(nurses, settings, monkeypatch):
    """Every eighth types wrongly once; meanwhile 300 guesses come from the same address. Known people never wait."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cheap = make_password(WORD)
    Person.objects.update(password=cheap)
    clock = [NOW]
    monkeypatch.setattr("anlan.web.door_forms.timezone.now", lambda: clock[0])

    def sign_in(username: str, word: str = WORD) -> int:
        clock[0] += dt.timedelta(seconds=0.2)  # 500 nurses in a hundred seconds: the morning shift
        data = {"username": username, "password": word}
        return Client().post("/sign-in/", data, REMOTE_ADDR=HOSPITAL).status_code

    first_day = [sign_in(nurse.username, "wrong") for nurse in nurses[::8]]
    first_day += [sign_in(nurse.username) for nurse in nurses]
    assert (first_day.count(200), first_day.count(302), len(first_day)) == (63, 500, 563)

    clock[0] += dt.timedelta(days=1)
    guesses = [sign_in(f"guess{number}", "wrong") for number in range(300)]
    assert 100 < guesses.count(200) < 200  # the rest were slowed
    assert guesses.count(429) == 300 - guesses.count(200)
    second_day = [sign_in(nurse.username) for nurse in nurses]
    assert second_day == [302] * NURSES

    for number in range(60):
        sign_in(f"more{number}", "wrong")
    new = Person.objects.create(username="new-nurse", name="新护士", password=cheap)
    answers = []
    while 302 not in answers:
        answers.append(sign_in(new.username))
        clock[0] += dt.timedelta(seconds=2)
    assert 1 <= len(answers) <= 6  # at most ten seconds


def test_an_attempt_that_comes_too_soon_is_told_when(li, client):
    client.cookies["django_language"] = "en"
    for number in range(22):
        pace.failed(knock("li", f"192.0.2.{number}"), now=timezone.now())
    li.set_password(WORD)
    li.save()
    answer = client.post("/sign-in/", {"username": "li", "password": WORD}, REMOTE_ADDR="192.0.2.77")

    assert answer.status_code == 429
    assert 200 < int(answer["Retry-After"]) <= 300
    assert "Too many attempts. Try again in" in answer.content.decode()


def test_a_browser_that_signed_in_is_not_locked_by_a_colleague_at_the_same_address(li):
    li.set_password(WORD)
    li.save()
    mine, theirs = Client(REMOTE_ADDR=HOSPITAL), Client(REMOTE_ADDR=HOSPITAL)
    assert mine.post("/sign-in/", {"username": "li", "password": WORD}).status_code == 302
    mine.post("/sign-out/")
    answers = [theirs.post("/sign-in/", {"username": "li", "password": "wrong"}).status_code for _ in range(6)]

    assert answers[-1] == 429
    assert mine.post("/sign-in/", {"username": "li", "password": WORD}).status_code == 302


def test_the_mark_of_a_browser_holds_for_its_person_alone_and_cannot_be_made_up(rf, li, settings):
    from django.http import HttpResponse

    answer = HttpResponse()
    pace.remember_browser(answer, "li", secure=False)
    request = rf.post("/sign-in/")
    request.COOKIES[settings.ANLAN_KNOWN_COOKIE_NAME] = answer.cookies[settings.ANLAN_KNOWN_COOKIE_NAME].value
    assert Knock.of(request, "Li ").browser
    assert not Knock.of(request, "zhao").browser
    request.COOKIES[settings.ANLAN_KNOWN_COOKIE_NAME] = "li:made-up:signature"
    assert not Knock.of(request, "li").browser


@pytest.mark.django_db
def test_old_rows_are_swept_away():
    pace.failed(knock("li"), now=NOW)
    assert pace.sweep(now=NOW + dt.timedelta(days=29)) == 0
    assert pace.sweep(now=NOW + dt.timedelta(days=31)) == 3
    assert not Pace.objects.exists()


@pytest.mark.django_db
def test_failures_from_before_the_clock_was_set_back_weigh_nothing():
    tomorrow = NOW + dt.timedelta(days=1)
    for _ in range(30):
        pace.failed(knock("li"), now=tomorrow)
    assert pace.wait_seconds(knock("li"), now=tomorrow) == 300
    assert pace.wait_seconds(knock("li"), now=NOW) == 0

    pace.failed(knock("li"), now=NOW)
    assert Pace.objects.get(key=knock("li").weights[0][0]).level == 1


@pytest.mark.django_db
def test_a_lock_from_before_the_clock_was_set_back_locks_nobody_and_is_swept():
    tomorrow = NOW + dt.timedelta(days=1)
    for _ in range(5):
        pace.failed(knock("li"), now=tomorrow)
    assert pace.is_locked(knock("li"), now=tomorrow)
    assert not pace.is_locked(knock("li"), now=NOW)
    assert pace.sweep(now=NOW) == 3


@pytest.mark.django_db
def test_the_fifth_failure_locks_the_pair_for_fifteen_minutes_and_no_other():
    answers = [pace.failed(knock("li"), now=later(number)) for number in range(5)]
    assert answers == [False, False, False, False, True]
    assert pace.is_locked(knock("li"), now=later(903))
    assert not pace.is_locked(knock("li"), now=later(904))
    for other in (knock("li", "10.2.2.2"), knock("zhao"), knock("li", browser="mark")):
        assert not pace.is_locked(other, now=later(5))
    assert pace.locked_names(["Li", "zhao"], now=later(5)) == {"Li"}


@pytest.mark.django_db
def test_failures_are_forgotten_after_fifteen_quiet_minutes_by_a_success_and_by_an_administrator():
    for moment in (0, 1, 2, 3, 903, 904, 905, 906):
        assert not pace.failed(knock("li"), now=later(moment))
    pace.succeeded(knock("li"), now=later(907))
    assert [pace.failed(knock("li"), now=later(908)) for _ in range(5)] == [False, False, False, False, True]

    pace.forget("Li")
    assert not pace.is_locked(knock("li"), now=later(909))
    assert not pace.failed(knock("li"), now=later(909))


@pytest.mark.django_db
def test_what_axes_kept_is_dropped_by_the_upgrade():
    """An installation from before has the tables of django-axes, with rows of failed attempts."""
    from django.apps import apps
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE axes_accessattempt (id integer, username varchar(255))")
        cursor.execute("INSERT INTO axes_accessattempt VALUES (1, 'li')")
    editor = SimpleNamespace(connection=connection, quote_name=connection.ops.quote_name)
    import_module("anlan.org.migrations.0006_axes_tables_go").drop(apps, editor)
    assert "axes_accessattempt" not in connection.introspection.table_names()
