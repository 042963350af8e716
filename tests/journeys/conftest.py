"""A real Chromium against a live server. A message on the browser's console or a failed request fails the journey."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.utils import timezone

from anlan.org.credentials import Factor
from anlan.org.door import factors
from anlan.org.door.totp import code_at, step_at
from anlan.org.jobs import run_next
from anlan.org.models import Person
from anlan.org.posts import actor_for

# Playwright's synchronous interface runs a loop in this thread; Django would refuse the database beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PASSWORD = "Anlan-2025-journey"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
EXPECTED = ("422 (Unprocessable", "410 (Gone")  # a form that was refused, a tombstone: answers, not faults


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, one for the session."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("There is no Chromium; `apt-get install chromium libatomic1` brings it.")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """Open a window of its own: `open_page(width=360)`. At the end no window may have complained, but as it `expects`."""
    complaints: list[str] = []
    contexts, expected = [], [*EXPECTED]

    def begin(*, width: int = 1280, height: int = 860, language: str = "en", expects: Sequence[str] = ()) -> Any:
        expected.extend(expects)
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": height}, locale="zh-CN"
        )
        context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8_000)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("response", lambda answer: complaints.append(_late(answer)) if answer.status >= 500 else None)
        return page

    yield begin
    for context in contexts:
        context.close()
    assert [text for text in complaints if not any(word in text for word in expected)] == []


def _late(answer: Any) -> str:
    return f"{answer.status} {answer.url}"


@pytest.fixture
def sign_in() -> Callable[[Any, Person], None]:
    """Give a person a password and sign them in through the door."""

    def through_the_door(page: Any, person: Person) -> None:
        if not person.check_password(PASSWORD):  # a new password would end the person's other sessions
            person.set_password(PASSWORD)
            person.save()
        page.goto("/sign-in/")
        page.get_by_label("User name").fill(person.username)
        page.get_by_label("Password").fill(PASSWORD)
        if actor_for(person, today=timezone.localdate()).needs_second_factor:
            secret = telephone_of(person)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/second-factor/")
            page.get_by_label("Code from the telephone").fill(code_at(secret, step_at(time.time())))
            page.get_by_role("button", name="Go on").click()
        else:
            page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/at/**")

    return through_the_door


def telephone_of(person: Person) -> bytes:
    """Give a person a telephone that shows codes, and return its secret. Each sign-in of a test may use the same code."""
    factors.remove_all(person)
    now = timezone.now()
    secret = factors.begin_totp(person, now=now)
    factors.confirm_totp(person, code_at(secret, step_at(now.timestamp())), now=now)
    Factor.objects.filter(person=person).update(counter=0)
    return secret


@pytest.fixture
def work() -> Callable[[], None]:
    """Carry out the queued jobs, as the worker beside the server would."""

    def all_jobs() -> None:
        while run_next(now=timezone.now()):
            pass

    return all_jobs
