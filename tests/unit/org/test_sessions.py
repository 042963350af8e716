"""Sessions: idle and whole limits by role, and their end within five seconds of a change, pages, API and streams alike."""

import datetime as dt
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from anlan.org import administration
from anlan.org.accounts import change_password, issue_one_time_password
from anlan.org.credentials import OpenSession
from anlan.org.door import sessions
from anlan.org.door.limits import Limits, limits_of, parse
from anlan.org.door.rounds import SweepDoor
from anlan.org.door.session_store import stored
from anlan.org.models import Post
from anlan.org.roles import find_role
from tests.conftest import actor_of

pytestmark = pytest.mark.database
WORD = "a sentence that is long"
AFTER_SECONDS = 5.0


def door(person, **options) -> Client:
    """A browser that came through the door with the password."""
    if not person.check_password(WORD):
        person.set_password(WORD)
        person.save()
    browser = Client(**options)
    assert browser.post("/sign-in/", {"username": person.username, "password": WORD}).status_code == 302
    return browser


def is_open(browser: Client) -> tuple[bool, bool]:
    """Whether a page and the API still open."""
    return browser.get("/me/").status_code == 200, browser.get("/api/v1/institutions").status_code == 200


def give_post(li, world, guan_actor, _password):
    administration.give_post(li, unit=world.emergency_a, role="recorder", starts_on=timezone.localdate(), by=guan_actor)


def end_post(li, world, guan_actor, _password):
    administration.end_post(Post.objects.get(person=li), ends_on=timezone.localdate(), by=guan_actor)


def deactivate(li, world, guan_actor, _password):
    administration.deactivate(li, by=guan_actor)


def one_time_password(li, world, guan_actor, _password):
    issue_one_time_password(li)


def own_password(li, world, guan_actor, password):
    change_password(li, password, "another sentence that is long")


def reset_factors(li, world, guan_actor, _password):
    administration.reset_factors(li, by=guan_actor)


@pytest.mark.parametrize(
    "change",
    [give_post, end_post, deactivate, one_time_password, own_password, reset_factors],
    ids=lambda one: one.__name__,
)
def test_every_session_ends_within_five_seconds_of_the_change(change, li, zhao, world, guan_actor):
    """Two browsers, and the API in each."""
    first, second, other = door(li), door(li), door(zhao)
    assert [is_open(one) for one in (first, second, other)] == [(True, True)] * 3

    change(li, world, guan_actor, WORD)
    began = time.monotonic()
    closed = [is_open(one) for one in (first, second)]
    took = time.monotonic() - began

    assert closed == [(False, False), (False, False)]
    assert is_open(other) == (True, True)
    assert took < AFTER_SECONDS
    assert not OpenSession.objects.filter(person=li).exists()


def test_changing_ones_own_password_on_screen_keeps_this_browser_and_ends_the_others(li):
    here, there = door(li), door(li)
    new = "another sentence that is long"
    here.post("/password/", {"old_password": WORD, "new_password1": new, "new_password2": new})

    assert is_open(here) == (True, True)
    assert is_open(there) == (False, False)
    assert [one.session_key for one in listed(li)] == [stored(here.session.session_key)]


def test_one_ends_the_others_and_sees_ones_own_list(li):
    here, there = (
        door(li, HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Chrome/109.0"),
        door(li, REMOTE_ADDR="10.0.0.9"),
    )
    page = here.get("/me/").content.decode()
    assert "Chrome · Windows" in page
    assert "10.0.0.9" in page

    assert here.post("/me/end-others/").status_code == 302
    assert (is_open(here), is_open(there)) == ((True, True), (False, False))
    assert len(listed(li)) == 1


def test_signing_out_takes_the_session_off_the_list(li):
    browser = door(li)
    assert len(listed(li)) == 1
    browser.post("/sign-out/")
    assert listed(li) == []


def test_a_session_from_before_the_clock_was_set_back_is_over(li, monkeypatch):
    clock = [timezone.now()]
    monkeypatch.setattr("anlan.org.middleware.timezone.now", lambda: clock[0])
    browser = door(li)
    clock[0] -= dt.timedelta(seconds=50)  # two servers may differ by that
    assert browser.get("/me/").status_code == 200
    clock[0] -= dt.timedelta(hours=1)
    assert browser.get("/me/").status_code == 302
    assert is_open(door(li)) == (True, True)


def test_a_session_ends_when_idle_and_after_its_whole_time(li, monkeypatch):
    browser, start = door(li), timezone.now()
    clock = [start]
    monkeypatch.setattr("anlan.org.middleware.timezone.now", lambda: clock[0])

    clock[0] = start + dt.timedelta(minutes=119)
    assert browser.get("/me/").status_code == 200
    for hour in range(2, 12):
        clock[0] = start + dt.timedelta(hours=hour, minutes=30)
        assert browser.get("/me/").status_code == 200, hour
    clock[0] = start + dt.timedelta(hours=12)
    assert browser.get("/me/")["Location"].startswith("/sign-in/")

    other = door(li)
    clock[0] = timezone.now() + dt.timedelta(minutes=122)
    assert other.get("/api/v1/institutions").status_code == 401


def test_what_a_page_asks_by_itself_keeps_no_session_open(li, monkeypatch):
    browser, start = door(li), timezone.now()
    clock = [start]
    monkeypatch.setattr("anlan.org.middleware.timezone.now", lambda: clock[0])
    for minutes in (60, 100, 120):
        clock[0] = start + dt.timedelta(minutes=minutes)
        assert browser.get("/me/", headers={"X-Unattended": "1"}).status_code == 200
    clock[0] = start + dt.timedelta(minutes=122)
    assert browser.get("/me/", headers={"X-Unattended": "1"}).status_code == 302


def test_the_strictest_limits_that_apply_hold():
    table = parse("*=60/10, mfa=20/9 office=45/6")
    ends = {code: limits_of((find_role(code),), table) for code in ("recorder", "office", "reviewer")}
    assert ends["recorder"] == Limits(idle_seconds=3600, total_seconds=36000)
    assert ends["office"] == Limits(idle_seconds=2700, total_seconds=21600)
    assert ends["reviewer"] == Limits(idle_seconds=1200, total_seconds=32400)
    both = limits_of((find_role("office"), find_role("reviewer")), table)
    assert both == Limits(idle_seconds=1200, total_seconds=21600)


@pytest.mark.parametrize("text", ["*=0/12", "office", "office=20", "office=20/x", "office=-1/3"])
def test_limits_that_nobody_can_mean_are_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"write ROLE=MINUTES/HOURS, for example: \*=120/12 mfa=30/8"):
        parse(text)


def test_a_request_costs_no_query_more_for_the_check(li, client_as, monkeypatch):
    browser = client_as(li)
    browser.get("/language/")  # notes the session
    with CaptureQueriesContext(connection) as checked:
        browser.get("/language/")
    monkeypatch.setattr(sessions, "is_over", lambda *_arguments, **_options: False)
    with CaptureQueriesContext(connection) as unchecked:
        browser.get("/language/")
    assert len(checked) == len(unchecked) > 0


def test_the_round_sweeps_once_an_hour(li):
    door(li)
    old = timezone.now() - dt.timedelta(hours=13)
    assert len(listed(li)) == 1
    OpenSession.objects.update(began_at=old)
    assert listed(li) == []
    sweep = SweepDoor()
    assert (sweep(), sweep()) == (True, False)
    assert not OpenSession.objects.exists()


def listed(person) -> list[OpenSession]:
    return sessions.sessions_of(person, sessions.limits_for(actor_of(person)), now=timezone.now())
