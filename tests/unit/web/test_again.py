"""Signing in again: what changes how somebody comes in asks for password and second factor, not longer than five minutes ago."""

import datetime as dt
import hashlib

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from anlan.org.credentials import Factor, Pace
from anlan.org.door import again, factors, totp
from anlan.org.models import Person, Post

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WORD = "a sentence that is long"
SET_UP = "/me/second-factor/"
AGAIN = "/sign-in/again/?next="


def came_in(person: Person) -> Client:
    person.set_password(WORD)
    person.save()
    browser = Client()
    browser.cookies["django_language"] = "en"
    assert browser.post("/sign-in/", {"username": person.username, "password": WORD}).status_code == 302
    return browser


def grow_old(browser: Client, seconds: int) -> None:
    """Let what was shown lie so many seconds back."""
    session = browser.session
    session[again.KEY] = session[again.KEY] | {"at": int(timezone.now().timestamp()) - seconds}
    session.save()


def browser_mark(browser: Client) -> str:
    """Return under what the failures of this browser are counted: it signed in before."""
    return hashlib.sha256(browser.cookies[settings.ANLAN_KNOWN_COOKIE_NAME].value.encode()).hexdigest()[:40]


def telephone(person: Person) -> bytes:
    now = timezone.now()
    secret = factors.begin_totp(person, now=now)
    factors.confirm_totp(person, totp.code_at(secret, totp.step_at(now.timestamp())), now=now)
    Factor.objects.filter(person=person).update(counter=0)
    return secret


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", SET_UP),
        ("get", f"{SET_UP}telephone/"),
        ("get", f"{SET_UP}telephone/qr.svg"),
        ("post", f"{SET_UP}telephone/"),
        ("post", f"{SET_UP}recovery/"),
        ("post", f"{SET_UP}7/remove/"),
    ],
)
def test_factors_and_recovery_codes_ask_again_after_five_minutes(li, method, address):
    browser = came_in(li)
    grow_old(browser, 270)  # the answer may take its time on a busy machine
    assert "/sign-in/again/" not in getattr(browser, method)(address).get("Location", "")
    grow_old(browser, 302)
    answer = getattr(browser, method)(address)
    assert answer["Location"].startswith(AGAIN)
    assert not Factor.objects.filter(confirmed_at__isnull=False).exists()


def test_a_security_key_asks_again_in_the_words_of_its_script(li):
    browser = came_in(li)
    grow_old(browser, 302)
    answer = browser.post(
        f"{SET_UP}key/", b"{}", content_type="application/json", headers={"referer": f"http://testserver{SET_UP}"}
    )
    assert answer.json()["next"].startswith(AGAIN)


def test_the_password_leads_back_to_the_page_and_a_wrong_one_nowhere(li):
    browser = came_in(li)
    grow_old(browser, 302)
    asked = browser.get(SET_UP)["Location"]
    page = browser.get(asked).content.decode()
    assert "Show once more that it is you" in page
    wrong = browser.post(asked, {"password": "wrong"})
    assert (wrong.status_code, "The password is not right." in wrong.content.decode()) == (422, True)
    assert browser.get(SET_UP)["Location"].startswith(AGAIN)
    assert browser.post(asked, {"password": WORD})["Location"] == SET_UP
    assert browser.get(SET_UP).status_code == 200


def test_wrong_passwords_in_an_open_session_are_slowed_as_at_sign_in(li):
    browser = came_in(li)
    grow_old(browser, 302)
    answers = [browser.post(f"{AGAIN}/me/", {"password": "wrong"}).status_code for _ in range(8)]
    assert answers[:5] == [422] * 5
    assert answers[-1] == 429


def test_whoever_has_a_second_factor_shows_it_too(li):
    secret = telephone(li)
    browser = came_in(li)
    code = totp.code_at(secret, totp.step_at(timezone.now().timestamp()))
    browser.post("/sign-in/second-factor/", {"code": code})
    Factor.objects.filter(person=li).update(counter=0)
    grow_old(browser, 302)
    asked = browser.get(SET_UP)["Location"]
    assert browser.post(asked, {"password": WORD})["Location"] == "/sign-in/second-factor/"
    assert browser.get(SET_UP)["Location"].startswith(AGAIN)  # the password alone is half
    assert browser.post("/sign-in/second-factor/", {"code": "000000"}).status_code == 422
    assert browser.get(SET_UP)["Location"].startswith(AGAIN)
    code = totp.code_at(secret, totp.step_at(timezone.now().timestamp()))
    assert browser.post("/sign-in/second-factor/", {"code": code})["Location"] == SET_UP
    assert browser.get(SET_UP).status_code == 200


def test_the_factor_alone_is_half_too(li):
    secret = telephone(li)
    browser = came_in(li)
    code = totp.code_at(secret, totp.step_at(timezone.now().timestamp()))
    browser.post("/sign-in/second-factor/", {"code": code})
    Factor.objects.filter(person=li).update(counter=0)
    grow_old(browser, 302)
    browser.post("/sign-in/second-factor/", {"code": totp.code_at(secret, totp.step_at(timezone.now().timestamp()))})
    assert browser.get(SET_UP)["Location"].startswith(AGAIN)


def test_a_password_is_changed_after_the_second_factor_was_shown_again(li):
    secret = telephone(li)
    browser = came_in(li)
    browser.post("/sign-in/second-factor/", {"code": totp.code_at(secret, totp.step_at(timezone.now().timestamp()))})
    assert browser.get("/password/").status_code == 200
    grow_old(browser, 302)
    typed = {"old_password": WORD, "new_password1": "another long sentence", "new_password2": "another long sentence"}
    assert browser.post("/password/", typed)["Location"].startswith(AGAIN)
    li.refresh_from_db()
    assert li.check_password(WORD)


def test_what_was_shown_holds_in_its_session_alone_and_ends_with_key_and_password(li, rf):
    browser = came_in(li)
    other = came_in(li)
    session = other.session
    session[again.KEY] = browser.session[again.KEY]  # carried over from another browser of the same person
    session.save()
    assert other.get(SET_UP)["Location"].startswith(AGAIN)

    request = rf.get("/")
    request.session = browser.session
    now = timezone.now()
    person = Person.objects.get(pk=li.pk)
    again.shown(request, person, now=now)
    assert again.is_fresh(request, person, now=now + dt.timedelta(seconds=299))
    assert not again.is_fresh(request, person, now=now + dt.timedelta(seconds=302))
    assert not again.is_fresh(request, person, now=now - dt.timedelta(seconds=90))  # the clock was set back
    request.session.cycle_key()
    assert not again.is_fresh(request, person, now=now)
    again.shown(request, person, now=now)
    person.set_password("another long sentence")
    assert not again.is_fresh(request, person, now=now)


def test_it_leads_to_pages_of_this_house_only(li):
    browser = came_in(li)
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        assert browser.post(f"{AGAIN}{elsewhere}", {"password": WORD})["Location"] == "/me/"


@pytest.mark.parametrize(
    "address", ["new-person/", "people/li/posts/new/", "people/li/posts/{post}/end/"], ids=["person", "post", "end"]
)
def test_an_administrator_enters_people_and_gives_and_ends_posts_after_signing_in_again(guan, li, client_as, address):
    """A new person gets a one-time password, so an open session of an administrator would make accounts for anybody."""
    browser, post = client_as(guan), Post.objects.get(person=li)
    address = f"/at/P1/2025/administration/{address.format(post=post.pk)}"
    fields = {"name": "新", "username": "xin", "unit": post.unit_id, "role": "office", "starts_on": "2026-01-01"}
    assert browser.get(address).status_code == 200
    grow_old(browser, 302)
    assert browser.get(address)["Location"].startswith(AGAIN)
    assert browser.post(address, fields | {"ends_on": "2026-02-02"})["Location"].startswith(AGAIN)
    assert not Person.objects.filter(username="xin").exists()
    assert [one.ends_on for one in Post.objects.filter(person=li)] == [None]


def test_the_old_password_is_guessed_no_faster_in_an_open_session_than_at_sign_in(li):
    """The page of a new password asks for the old one, which is as good as signing in."""
    browser, new = came_in(li), "another long sentence"
    typed = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    Pace.objects.create(key=f"browser:{browser_mark(browser)}", level=12, at=timezone.now())
    answer = browser.post("/password/", typed | {"old_password": WORD})
    assert (answer.status_code, int(answer["Retry-After"]) > 60) == (429, True)  # right, but too soon
    elsewhere = Client()
    elsewhere.force_login(li, backend="django.contrib.auth.backends.ModelBackend")
    answers = [elsewhere.post("/password/", typed, REMOTE_ADDR="10.9.9.9").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert elsewhere.post("/password/", typed | {"old_password": WORD}, REMOTE_ADDR="10.9.9.9").status_code == 429
    li.refresh_from_db()
    assert li.check_password(WORD)


def test_an_administrator_issues_passwords_and_an_approver_erases_after_signing_in_again(guan, li, client_as):
    browser = client_as(guan)
    grow_old(browser, 302)
    before = li.password
    answer = browser.post("/at/P1/2025/administration/people/li/do/password/")
    assert answer["Location"].startswith(AGAIN)
    li.refresh_from_db()
    assert li.password == before
