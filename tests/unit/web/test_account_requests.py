"""Changes that take two people on screen: asked for on the person's page, approved apart from it, half a password for each."""

import re

import pytest
from django.utils import timezone

from anlan.org.account_requests import expire
from anlan.org.credentials import AccountRequest
from anlan.org.door import again
from anlan.org.models import Person, Post
from tests.world import employ

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WORD = "a sentence that is long"
HALF = re.compile(r"a-secret\">(\w{4}-\w{4})<")
YEAR = timezone.localdate().year
PEOPLE = f"/at/P1/{YEAR}/administration/people/"


@pytest.fixture
def officers(world, guan) -> dict[str, Person]:
    people = {"guan": guan}
    for name, role in (("security", "security_officer"), ("audit", "audit_officer")):
        people[name] = employ(name, name, role, world.city)
    for person in people.values():
        person.set_password(WORD)
        person.save()
    return people


@pytest.fixture
def browser_of(client_as, officers):
    def begin(name: str):
        browser = client_as(officers[name])
        browser.cookies["django_language"] = "en"
        return browser

    return begin


def test_two_officers_give_a_third_a_password_of_two_halves(browser_of, officers):
    asking, approving = browser_of("guan"), browser_of("security")
    assert "takes two people" in asking.get(f"{PEOPLE}audit/").content.decode()
    there = asking.post(f"{PEOPLE}audit/do/password/")["Location"]
    page = asking.get(there).content.decode()
    first = HALF.search(page)[1]
    assert "Approve" not in page

    page = approving.get(there).content.decode()
    assert "Approve → it is carried out" in page
    assert not HALF.search(page)
    assert '<span class="a-count a-count-late">1</span>' in approving.get("/access-log/").content.decode()
    answer = approving.post(f"{there}approve/")
    assert "no-store" in answer["Cache-Control"]
    second = HALF.search(answer.content.decode())[1]

    audit = Person.objects.get(username="audit")
    assert audit.check_password(f"{first}-{second}")
    assert not HALF.search(approving.get(there).content.decode())
    assert first in asking.get(there).content.decode()  # until the person has come in
    Person.objects.filter(pk=audit.pk).update(must_change_password=False)
    assert first not in asking.get(there).content.decode()


def test_the_audit_officer_looks_and_does_not_decide_and_others_see_nothing(browser_of, client_as, li, chen, officers):
    there = browser_of("guan").post(f"{PEOPLE}security/do/factors/")["Location"]
    watching = browser_of("audit")
    assert "Approve" not in watching.get(there).content.decode()
    assert watching.post(f"{there}approve/").status_code == 404
    assert watching.get("/account-requests/").status_code == 200
    for person in (li, chen):
        assert client_as(person).get("/account-requests/").status_code == 404
        assert client_as(person).get(there).status_code == 404


def test_an_approval_asks_to_sign_in_again(browser_of, officers):
    there = browser_of("guan").post(f"{PEOPLE}audit/do/factors/")["Location"]
    approving = browser_of("security")
    session = approving.session
    del session[again.KEY]
    session.save()
    assert approving.post(f"{there}approve/")["Location"].startswith("/sign-in/again/?next=")
    assert AccountRequest.objects.get().state == "waiting"


def test_a_new_officer_is_entered_by_one_and_gets_the_post_by_another(browser_of, world, officers):
    fields = {
        "name": "新员",
        "username": "xin",
        "phone": "",
        "role": "security_officer",
        "unit": world.city.pk,
        "starts_on": "2026-01-01",
    }
    there = browser_of("guan").post(f"/at/P1/{YEAR}/administration/new-person/", fields)["Location"]
    assert not Post.objects.filter(person__username="xin").exists()
    assert not Person.objects.get(username="xin").has_usable_password()
    page = browser_of("security").get(there).content.decode()
    assert "Security officer" in page
    answer = browser_of("security").post(f"{there}approve/")
    assert HALF.search(answer.content.decode())
    assert Post.objects.get(person__username="xin").role == "security_officer"


def test_it_is_withdrawn_by_its_asker_and_refused_by_another(browser_of, officers):
    asking = browser_of("guan")
    for who, state in (("guan", "withdrawn"), ("security", "refused")):
        there = asking.post(f"{PEOPLE}audit/do/factors/")["Location"]
        assert browser_of(who).post(f"{there}end/")["Location"] == there
        assert AccountRequest.objects.order_by("-pk")[0].state == state
    page = asking.get("/account-requests/").content.decode()
    assert page.count("Reset the second factor") == 2


def test_the_pages_say_what_waits_and_what_holds_at_once(browser_of, officers, chen):
    """A reviewer's account is taken away at once and given back by two; of an officer everything waits."""
    asking = browser_of("guan")
    reviewer, officer = (asking.get(f"{PEOPLE}{name}/").content.decode() for name in ("chen", "audit"))
    assert "Deactivating and ending a post take effect at once" in reviewer
    assert "Signs the person out at once." in reviewer
    assert "what you choose here waits" in officer
    assert "After the approval the person is signed out." in officer
    for page in (reviewer, officer):
        assert "You see the first half of the new one" in page
        assert "You see the new one once." not in page
    ends = {name: Post.objects.get(person__username=name).pk for name in ("chen", "audit")}
    pages = {name: asking.get(f"{PEOPLE}{name}/posts/{post}/end/").content.decode() for name, post in ends.items()}
    assert [name for name, page in pages.items() if "takes two people: the post ends" in page] == ["audit"]


def test_nobody_decided_a_request_that_expired_or_was_withdrawn(browser_of, officers):
    """`decided by: command line` beside an expired request was wrong: a round of the worker noted that a day was over."""
    asking = browser_of("guan")
    there = [asking.post(f"{PEOPLE}audit/do/{act}/")["Location"] for act in ("factors", "password")]
    asking.post(f"{there[0]}end/")
    AccountRequest.objects.filter(state="waiting").update(ends_at=timezone.now())
    expire(now=timezone.now())
    page = asking.get("/account-requests/").content.decode()
    assert ("Expired" in page, "Withdrawn" in page, "Command line" in page) == (True, True, False)
    assert page.count('data-label="Decided by">—<') == 2
    assert "Decided by" not in "".join(asking.get(one).content.decode() for one in there)


def test_the_page_without_anybody_who_could_approve_says_what_to_do(client_as, guan, chen):
    browser = client_as(guan)
    browser.cookies["django_language"] = "en"
    answer = browser.post(f"{PEOPLE}chen/do/factors/", follow=True)
    assert "Have it asked for on the server (anlan account)" in answer.content.decode()
