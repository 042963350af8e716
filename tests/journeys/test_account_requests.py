"""Two officers give a third a new password: one asks, the other signs in again and approves, each sees one half."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from anlan.org.models import Person
from tests.world import employ

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "Anlan-2025-journey"
SHOTS = os.environ.get("ANLAN_SHOTS", "")


@pytest.fixture
def open_as(open_page: Callable[..., Any], client_as: Callable[..., Any], live_server: Any) -> Callable[..., Any]:
    """Open a window in which the person is signed in, having shown both just now, or long ago."""

    def begin(person: Person, *, width: int = 1440, is_fresh: bool = True) -> Any:
        client = client_as(person)
        if not is_fresh:
            session = client.session
            del session["again"]
            session.save()
        page = open_page(width=width, language="zh-hans")
        page.set_default_timeout(90_000 if SHOTS else 8_000)  # pictures are taken on busy machines too
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        return page

    return begin


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_two_officers_give_a_third_a_password_of_two_halves(open_as: Callable[..., Any], world: Any, guan: Person):
    people = {role: employ(role[:5], name, role, world.city) for role, name in
              (("security_officer", "安宁"), ("audit_officer", "宋审"))}  # fmt: skip
    for person in (guan, *people.values()):
        person.set_password(PASSWORD)
        person.save()
    asking = open_as(guan)
    asking.goto(f"/at/P1/{timezone.localdate().year}/administration/people/audit/")
    shot(asking, "person-1440")
    asking.get_by_role("button", name="发放一次性密码").click()
    asking.wait_for_url("**/account-requests/**")
    first = asking.locator(".a-secret").nth(1).inner_text()
    shot(asking, "asked-1440")

    approving = open_as(people["security_officer"], width=360, is_fresh=False)
    approving.goto("/account-requests/")
    shot(approving, "list-360")
    approving.get_by_role("link", name="宋审").first.click()
    approving.get_by_role("button", name="批准").wait_for()
    shot(approving, "request-360")
    approving.get_by_role("button", name="批准").click()
    approving.wait_for_url("**/sign-in/again/**")
    shot(approving, "again-360")
    approving.locator("[name=password]").fill(PASSWORD)
    approving.get_by_role("button", name="继续").click()
    approving.wait_for_url("**/account-requests/**")
    approving.get_by_role("button", name="批准").click()
    second = approving.locator(".a-secret").nth(1).inner_text()
    shot(approving, "approved-360")
    assert Person.objects.get(username="audit").check_password(f"{first}-{second}")

    asking.goto("/account-requests/")
    shot(asking, "list-1440")
    told = open_as(Person.objects.get(username="audit"))
    Person.objects.filter(username="audit").update(must_change_password=False)
    told.goto("/me/")
    told.get_by_role("heading", name="他人变更了您的账号").wait_for()
    shot(told, "me-1440")
