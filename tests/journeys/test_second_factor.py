"""The second factor in a real browser: a security key of the browser's own making, and a telephone whose codes the test reckons."""

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from anlan.org.credentials import Factor
from anlan.org.door.totp import code_at, step_at
from anlan.org.models import Person
from tests.journeys.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def with_key(page: Any) -> Any:
    """Plug a virtual security key into the browser and return the line to it."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": False}
    options["automaticPresenceSimulation"] = True
    line.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return line


def knock(page: Any, person: Person) -> None:
    if not person.check_password(PASSWORD):
        person.set_password(PASSWORD)
        person.save()
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def code_now(secret: bytes) -> str:
    return code_at(secret, step_at(time.time()))


def test_a_reviewer_sets_up_a_telephone_and_comes_back_with_it(open_page: Callable[..., Any], chen: Person):
    page = open_page(width=360, height=740)
    knock(page, chen)
    page.wait_for_url("**/me/second-factor/")
    page.goto("/at/P11/2025/")
    assert page.url.endswith("/me/second-factor/")
    page.get_by_role("link", name="Set up a telephone").click()
    page.wait_for_url("**/telephone/")
    assert page.evaluate("document.querySelector('.a-qr').naturalWidth") > 100
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    secret = base64.b32decode(page.locator(".a-secret").inner_text().replace(" ", ""))

    page.get_by_label("The six digits that it shows now").fill(code_now(secret))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    recovery = page.locator(".a-codes li").all_inner_texts()
    assert len(recovery) == 10
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/at/**")

    Factor.objects.filter(person=chen, kind="totp").update(counter=0)  # half a minute later
    other = open_page()
    knock(other, chen)
    other.wait_for_url("**/second-factor/")
    other.get_by_label("Code from the telephone").fill("000000")
    other.get_by_role("button", name="Go on").click()
    other.get_by_text("The code is not right").wait_for()
    other.get_by_label("Code from the telephone").fill(recovery[0])
    other.get_by_role("button", name="Go on").click()
    other.wait_for_url("**/at/**")


def test_a_security_key_is_added_and_opens_the_door(open_page: Callable[..., Any], chen: Person):
    page = open_page()
    line = with_key(page)
    knock(page, chen)
    page.wait_for_url("**/me/second-factor/")
    page.get_by_label("Name of the key").fill("蓝色钥匙")
    page.get_by_role("button", name="Add a security key").click()
    page.get_by_text("蓝色钥匙").wait_for()
    row = Factor.objects.get(person=chen, kind="webauthn")
    assert row.name == "蓝色钥匙"

    page.get_by_role("link", name="Go on to Anlan").click()
    page.wait_for_url("**/at/**")
    page.goto("about:blank")  # a page that asks the server something without its cookie goes to the door by itself
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    knock(page, chen)
    page.wait_for_url("**/second-factor/")
    page.get_by_role("button", name="Use the security key").click()
    page.wait_for_url("**/at/**")
    assert Factor.objects.get(pk=row.pk).counter > row.counter
    line.detach()


def test_a_browser_without_the_key_says_so_in_words(open_page: Callable[..., Any], chen: Person):
    page = open_page()
    with_key(page)
    knock(page, chen)
    page.wait_for_url("**/me/second-factor/")
    page.get_by_role("button", name="Add a security key").click()
    page.get_by_role("link", name="Go on to Anlan").wait_for()

    other = open_page()
    with_key(other)  # another key
    knock(other, chen)
    other.wait_for_url("**/second-factor/")
    other.get_by_role("button", name="Use the security key").click()
    other.get_by_text("The browser gave no answer of a key").wait_for(timeout=20_000)
    assert other.get_by_role("button", name="Use the security key").is_enabled()
