"""The second factor on screen: who is asked, what is open until then, enrolment, the picture of the secret, and the reset."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from anlan.ledger.models import Entry
from anlan.org.access import Access
from anlan.org.credentials import Factor
from anlan.org.door import factors, totp

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WORD = "a sentence that is long"
SET_UP = "/me/second-factor/"


def code_of(secret: bytes) -> str:
    return totp.code_at(secret, totp.step_at(timezone.now().timestamp()))


def telephone(person) -> bytes:
    now = timezone.now()
    secret = factors.begin_totp(person, now=now)
    factors.confirm_totp(person, code_of(secret), now=now)
    Factor.objects.filter(person=person).update(counter=0)
    return secret


def knock(person, *, word: str = WORD) -> tuple[Client, object]:
    if not person.check_password(WORD):
        person.set_password(WORD)
        person.save()
    browser = Client()
    browser.cookies["django_language"] = "en"
    return browser, browser.post("/sign-in/", {"username": person.username, "password": word})


@pytest.mark.parametrize("name", ["chen", "shen", "guan"])  # reviewer, auditor, administrator
def test_a_post_that_asks_for_a_factor_opens_nothing_but_enrolment_and_the_way_out(name, request):
    person = request.getfixturevalue(name)
    browser, answer = knock(person)
    assert answer.status_code == 302

    for address in (
        "/",
        "/me/",
        "/at/P11/2025/",
        "/at/P11/2025/registers/",
        "/at/P1/2025/administration/",
        "/me/second-factor/recovery/",
    ):
        assert browser.get(address)["Location"] == SET_UP, address
    refused = browser.get("/api/v1/institutions")
    assert (refused.status_code, refused.json()["id"]) == (403, "api.E008")
    assert browser.get("/api/v1/openapi.json").status_code == 403
    for address in (SET_UP, f"{SET_UP}telephone/", "/password/"):
        assert browser.get(address).status_code == 200, address
    assert browser.post("/sign-out/").status_code == 302


def test_setting_up_a_telephone_opens_the_door_and_shows_recovery_codes_once(chen):
    browser, _answer = knock(chen)
    page = browser.get(f"{SET_UP}telephone/").content.decode()
    picture = browser.get(f"{SET_UP}telephone/qr.svg")
    secret = factors.begin_totp(chen, now=timezone.now())

    assert totp.in_letters(secret) in page
    assert picture["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture["Cache-Control"]
    assert picture.content.startswith(b"<svg")
    assert b"style=" not in picture.content

    shown = browser.post(f"{SET_UP}telephone/", {"code": code_of(secret)}).content.decode()
    assert len(re.findall(r"<li>\w{4}-\w{4}-\w{4}</li>", shown)) == 10
    assert browser.get("/at/P11/2025/").status_code == 200
    assert browser.get("/api/v1/institutions").status_code == 200
    assert browser.get(f"{SET_UP}telephone/qr.svg").status_code == 404
    assert "10 recovery codes are left" in browser.get(SET_UP).content.decode()
    told = Entry.objects.filter(register="org.person").order_by("pk")
    assert list(told.values_list("step", flat=True)) == ["add_factor", "end_sessions", "recovery_codes"]


def test_the_password_alone_begins_no_session_for_somebody_with_a_factor(li):
    secret = telephone(li)
    browser, answer = knock(li)
    assert answer["Location"] == "/sign-in/second-factor/"
    assert "_auth_user_id" not in browser.session
    assert browser.get("/me/").status_code == 302

    wrong = browser.post("/sign-in/second-factor/", {"code": "abcdefgh"})
    assert (wrong.status_code, "not right" in wrong.content.decode()) == (422, True)
    assert Access.objects.filter(kind="failure", person_id=li.pk).count() == 1  # the audit officer sees it
    right = browser.post("/sign-in/second-factor/", {"code": code_of(secret)})
    assert (right.status_code, right["Location"]) == (302, "/")
    assert browser.get("/me/").status_code == 200
    assert browser.session["factor"] == "totp"


def test_a_recovery_code_opens_the_door_once(li):
    telephone(li)
    code = factors.new_recovery_codes(li, now=timezone.now())[0]
    browser, _answer = knock(li)
    assert browser.post("/sign-in/second-factor/", {"code": code}).status_code == 302
    again, _answer = knock(li)
    assert again.post("/sign-in/second-factor/", {"code": code}).status_code == 422


def test_a_password_shown_is_forgotten_after_five_minutes_and_when_the_account_changes(li, guan_actor, monkeypatch):
    from anlan.org import administration

    secret = telephone(li)
    browser, _answer = knock(li)
    administration.deactivate(li, by=guan_actor)
    assert browser.post("/sign-in/second-factor/", {"code": code_of(secret)})["Location"] == "/sign-in/"
    administration.reactivate(li, by=guan_actor)

    li.refresh_from_db()
    browser, _answer = knock(li)
    kept = browser.session["second_step"]
    assert kept["until"] - timezone.now().timestamp() <= 300
    session = browser.session
    session["second_step"] = kept | {"until": int(timezone.now().timestamp()) - 1}
    session.save()
    assert browser.get("/sign-in/second-factor/")["Location"] == "/sign-in/"


def test_after_the_factor_the_page_that_was_wanted_opens_and_none_elsewhere(li):
    for wanted, led in (("/at/A/2025/score/", "/at/A/2025/score/"), ("https://elsewhere.example/", "/")):
        secret = telephone(li) if not factors.has_factor(li) else None
        if secret is None:
            factors.remove_all(li)
            secret = telephone(li)
        li.set_password(WORD)
        li.save()
        browser = Client()
        browser.post("/sign-in/", {"username": "li", "password": WORD, "next": wanted})
        assert browser.post("/sign-in/second-factor/", {"code": code_of(secret)})["Location"] == led


def test_the_reset_of_a_lost_factor_leads_to_enrolment_again(chen):
    telephone(chen)
    factors.remove_all(chen)  # what two people do: tests/unit/org/test_two_people.py
    browser, answer = knock(chen)
    assert answer["Location"] == "/"
    assert browser.get("/")["Location"] == SET_UP


def test_a_page_without_https_says_that_keys_need_it(li, client_as):
    page = client_as(li).get(SET_UP, headers={"host": "127.0.0.1"}, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "https" in page


def test_the_administrator_reads_both_policies_with_their_sources(guan, client_as):
    browser = client_as(guan)
    browser.cookies["django_language"] = "en"
    page = browser.get("/at/P1/2025/administration/sign-in-rules/").content.decode()

    assert "GB/T 22239-2019" in page
    assert "NIST SP 800-63B-4" in page
    assert page.count("In force") == 1
    assert "Unverified" in page


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"answer": 3}', b'{"answer": {"id": "x"}}'])
def test_a_strange_answer_of_a_key_is_bad_input(li, client_as, body):
    browser = client_as(li)
    for address in ("/sign-in/second-factor/key/", f"{SET_UP}key/"):
        answer = browser.post(address, body, content_type="application/json")
        assert answer.status_code == 422, address
        assert answer.json()["message"]


def test_a_key_alone_asks_for_no_recovery_code_before_there_are_any(li):
    now = timezone.now()
    Factor.objects.create(person=li, kind="webauthn", name="Blue key", data=b"x", created_at=now, confirmed_at=now)
    browser, _answer = knock(li)
    page = browser.get("/sign-in/second-factor/").content.decode()
    assert "Security keys need an encrypted connection" in page
    assert 'name="code"' not in page

    factors.new_recovery_codes(li, now=timezone.now())
    assert 'name="code"' in browser.get("/sign-in/second-factor/").content.decode()


def test_whoever_has_no_recovery_codes_is_told_to_make_some(li):
    secret = telephone(li)
    Factor.objects.filter(person=li, kind="recovery").delete()
    browser, _answer = knock(li)
    browser.post("/sign-in/second-factor/", {"code": code_of(secret)})

    page = browser.get(SET_UP).content.decode()
    assert "There are no recovery codes." in page
    assert "Make recovery codes" in page
    assert "0 recovery codes are left" not in page
