"""Accounts: argon2, no default password, one-time passwords, locks for one user at one address, and sessions that end at once."""

import datetime as dt

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.hashers import identify_hasher
from django.test import Client, RequestFactory
from django.utils import timezone

from anlan.org.accounts import PasswordRefused, change_password, issue_one_time_password, unlock
from anlan.org.door.showing import PasswordNotTaken, show_password
from anlan.org.models import Person
from anlan.org.posts import actor_for
from tests.conftest import actor_of

pytestmark = pytest.mark.database
GOOD = "柳暗花明又一村-27 May"


def sign_in(username: str, password: str, *, address: str = "10.0.0.7"):
    """Try to sign in as a browser at an address does; return the person or null."""
    request = RequestFactory().post("/sign-in/", REMOTE_ADDR=address)
    try:
        return show_password(request, username, password, now=timezone.now())
    except PasswordNotTaken:
        return None


def test_passwords_are_kept_with_argon2(li):
    li.set_password(GOOD)

    assert identify_hasher(li.password).algorithm == "argon2"
    assert li.password.startswith("argon2$argon2id$")


def test_a_person_made_without_a_password_cannot_sign_in(db):
    person = Person.objects.create_user("new", name="新人")

    assert not person.has_usable_password()
    for guess in ("", "new", "admin", "password", "123456"):
        assert sign_in("new", guess) is None


def test_a_one_time_password_opens_and_must_be_changed(li):
    password = issue_one_time_password(li)
    other = issue_one_time_password(li)

    assert (len(password), password.count("-"), password == other) == (19, 3, False)
    assert sign_in("li", password) is None
    signed_in = sign_in("li", other)
    assert signed_in == li
    assert signed_in.must_change_password


def test_changing_the_password_lifts_the_duty(li):
    old = issue_one_time_password(li)
    change_password(li, old, GOOD)

    li.refresh_from_db()
    assert not li.must_change_password
    assert sign_in("li", old) is None
    assert sign_in("li", GOOD) == li


@pytest.mark.parametrize(
    ("new", "code", "field", "message"),
    [
        (None, "org.E031", "new", "The new password is the old one"),
        ("short", "org.E032", "new", "At least 12 characters"),
        ("password1234", "org.E032", "new", "too common"),
        ("8230174659230", "org.E032", "new", "Digits alone"),
    ],
)
def test_a_weak_password_is_refused_and_the_old_one_stays(li, new, code, field, message):
    old = issue_one_time_password(li)
    with pytest.raises(PasswordRefused, match=message) as caught:
        change_password(li, old, new or old)

    assert (caught.value.code, caught.value.field) == (code, field)
    li.refresh_from_db()
    assert li.must_change_password
    assert li.check_password(old)


def test_the_old_password_must_be_right(li):
    issue_one_time_password(li)
    with pytest.raises(PasswordRefused, match="old password is not right") as caught:
        change_password(li, "wrong", GOOD)
    assert (caught.value.code, caught.value.field) == ("org.E030", "old")


def test_a_password_that_was_issued_meanwhile_is_not_replaced_by_who_knew_the_old_one(li):
    """Somebody with a stolen password sends the change again and again, so that one is under way when it is taken from them."""
    old = issue_one_time_password(li)
    under_way = Person.objects.get(pk=li.pk)
    new = issue_one_time_password(li)
    with pytest.raises(PasswordRefused, match="old password is not right"):
        change_password(under_way, old, GOOD)
    assert Person.objects.get(pk=li.pk).check_password(new)

    under_way = Person.objects.get(pk=li.pk)
    Person.objects.filter(pk=li.pk).update(is_active=False)
    with pytest.raises(PasswordRefused, match="old password is not right"):
        change_password(under_way, new, GOOD)


def test_five_failures_lock_the_user_at_that_address_and_nobody_else(li, zhao):
    """A hospital shares one address: a forgetful colleague must not lock it, nor a stranger elsewhere lock a colleague."""
    li.set_password(GOOD)
    li.save()
    zhao.set_password(GOOD)
    zhao.save()
    for _ in range(5):
        assert sign_in("li", "wrong") is None

    assert sign_in("li", GOOD) is None
    assert sign_in("zhao", GOOD) == zhao
    assert sign_in("li", GOOD, address="10.0.0.8") == li


def test_an_administrator_lifts_a_lock(li):
    li.set_password(GOOD)
    li.save()
    for _ in range(5):
        sign_in("li", "wrong")
    assert sign_in("li", GOOD) is None

    assert unlock(li) >= 1
    assert sign_in("li", GOOD) == li


def test_a_person_set_inactive_has_no_posts_and_no_session_from_then_on(li, client_as):
    browser = client_as(li)
    assert browser.session["_auth_user_id"] == str(li.pk)
    assert len(actor_of(li).grants) == 1

    li.is_active = False
    li.save()

    assert actor_for(li, today=timezone.localdate()).grants == ()
    assert _whoever_is_signed_in(browser) is None
    assert sign_in("li", GOOD) is None


def test_a_new_one_time_password_ends_the_open_sessions(li, client_as):
    browser = client_as(li)
    assert _whoever_is_signed_in(browser) == li
    issue_one_time_password(li)

    assert _whoever_is_signed_in(browser) is None


def test_a_post_that_has_ended_gives_no_right_on_that_day(li):
    li.posts.update(ends_on=dt.date(2025, 6, 1))

    assert len(actor_for(li, today=dt.date(2025, 5, 31)).grants) == 1
    assert actor_for(li, today=dt.date(2025, 6, 1)).grants == ()


def _whoever_is_signed_in(browser: Client) -> Person | None:
    """Return whom the next request of a browser would come from."""
    request = RequestFactory().get("/")
    request.session = browser.session
    user = get_user(request)
    return user if user.is_authenticated else None
