"""The door: wrong passwords, the lock of one user at one address, and the switches that keep the page."""

import pytest
from django.test import Client

from anlan.org.accounts import issue_one_time_password
from anlan.org.credentials import OpenSession
from anlan.org.models import Person

pytestmark = pytest.mark.django_db
RIGHT = "Anlan-2025-right"


@pytest.fixture
def li_at_the_door(li: Person) -> Person:
    li.set_password(RIGHT)
    li.save()
    return li


def knock(client: Client, password: str, *, address: str = "10.0.0.1", username: str = "li") -> int:
    client.cookies["django_language"] = "en"
    return client.post("/sign-in/", {"username": username, "password": password}, REMOTE_ADDR=address).status_code


def test_wrong_name_and_wrong_password_get_the_same_sentence(client: Client, li_at_the_door: Person) -> None:
    client.cookies["django_language"] = "en"
    said = {
        client.post("/sign-in/", {"username": name, "password": "no"}).content.decode().count("is wrong. Check both")
        for name in ("li", "nobody-of-that-name")
    }
    assert said == {1}


def test_five_wrong_passwords_lock_the_user_at_that_address_only(client: Client, li_at_the_door: Person) -> None:
    answers = [knock(client, "wrong") for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert knock(client, RIGHT) == 429
    assert knock(client, RIGHT, address="10.0.0.2") == 302


def test_the_lock_says_how_long_it_holds(client: Client, li_at_the_door: Person) -> None:
    client.cookies["django_language"] = "en"
    for _ in range(5):
        answer = client.post("/sign-in/", {"username": "li", "password": "wrong"})
    assert "Try again in 15 minutes" in answer.content.decode()


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_the_switches_lead_to_pages_of_this_house_only(client: Client, db: None, target: str) -> None:
    answer = client.post("/language/", {"language": "en", "next": target})
    assert answer["Location"] == "/"


def test_an_unknown_language_changes_nothing(client: Client, db: None) -> None:
    answer = client.post("/language/", {"language": "tlh", "next": "/sign-in/"})
    assert answer["Location"] == "/sign-in/"
    assert "django_language" not in answer.cookies


def test_signing_out_takes_a_post(client: Client, li_at_the_door: Person) -> None:
    client.force_login(li_at_the_door, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/me/").status_code == 302


def test_the_one_time_password_is_no_new_password_and_the_session_goes_on(client: Client, li: Person) -> None:
    once = issue_one_time_password(li)
    client.cookies["django_language"] = "en"
    elsewhere = Client()
    for browser in (client, elsewhere):
        assert browser.post("/sign-in/", {"username": "li", "password": once}).status_code == 302

    same = client.post("/password/", {"old_password": once, "new_password1": once, "new_password2": once})
    assert "This password was used before; choose another." in same.content.decode()
    li.refresh_from_db()
    assert li.must_change_password

    typed = {
        "old_password": once,
        "new_password1": "a sentence that is long",
        "new_password2": "a sentence that is long",
    }
    assert client.post("/password/", typed).status_code == 302
    assert (client.get("/me/").status_code, elsewhere.get("/me/").status_code) == (200, 302)
    assert OpenSession.objects.filter(person=li).count() == 1
