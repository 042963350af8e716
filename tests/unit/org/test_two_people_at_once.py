"""Two people, at once: what one alone does to an account, while a second approves it elsewhere, opens nothing."""

import pytest
from django.db import transaction
from django.utils import timezone

from anlan.org import administration
from anlan.org.account_requests import approve, change
from anlan.org.credentials import Factor
from anlan.org.door import factors
from anlan.org.errors import Contradiction
from anlan.org.guarded import Act, NeedsSecond
from anlan.org.models import Person, Post
from tests.beside import Beside, stand_open
from tests.conftest import actor_of
from tests.world import employ

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
WORD = "a sentence that is long"


def came_in(person: Person) -> Person:
    person.set_password(WORD)
    person.save()
    return person


@pytest.fixture
def security(world) -> Person:
    return came_in(employ("security", "安全", "security_officer", world.city))


@pytest.mark.parametrize("act", [Act.PASSWORD, Act.FACTORS])
def test_what_is_done_to_an_account_while_its_post_is_approved_takes_two_as_well(world, security, guan_actor, bai, act):
    """An ordinary account a moment before, a reviewer's a moment after: the question is asked when the answer can last."""
    came_in(bai)
    do = {Act.PASSWORD: administration.issue_password, Act.FACTORS: administration.reset_factors}[act]
    given = {"unit": world.district_1, "role": "reviewer", "starts_on": timezone.localdate(), "with_account": True}
    asked = change(bai, Act.GIVE, **given, by=guan_actor)
    with transaction.atomic():
        done = approve(asked.request, by=actor_of(security))
        beside = Beside(lambda: do(Person.objects.get(pk=bai.pk), by=guan_actor), by=guan_actor)
        stand_open()

    assert isinstance(beside.result(), NeedsSecond)
    bai.refresh_from_db()
    assert bai.check_password(f"{asked.password}-{done.password}")


def test_a_post_that_was_ended_meanwhile_is_not_prolonged_by_one(world, chen, guan_actor):
    today = timezone.localdate()
    stale = Post.objects.select_related("unit", "person").get(person=chen)
    late = today.replace(year=today.year + 50)
    with transaction.atomic():
        administration.end_post(Post.objects.get(person=chen), ends_on=today, by=guan_actor)
        beside = Beside(lambda: administration.end_post(stale, ends_on=late, by=guan_actor), by=guan_actor)
        stand_open()

    assert isinstance(beside.result(), Contradiction)
    assert Post.objects.get(person=chen).ends_on == today


def test_a_telephone_page_that_is_opened_twice_at_once_shows_one_secret(li):
    now = timezone.now()
    with transaction.atomic():
        first = factors.begin_totp(li, now=now)
        beside = Beside(lambda: factors.begin_totp(Person.objects.get(pk=li.pk), now=now), by=actor_of(li))
        stand_open()

    assert beside.result() == first
    assert Factor.objects.filter(person=li).count() == 1
