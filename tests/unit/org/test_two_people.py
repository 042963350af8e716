"""Nobody alone becomes an officer or a reviewer: what gives access to such an account is asked for by one and approved by another."""

import datetime as dt
import json
import re

import pytest
from django.utils import timezone

from anlan.ledger.entry import Origin
from anlan.ledger.models import Entry
from anlan.org import administration
from anlan.org.account_requests import (
    approve,
    change,
    count_to_decide,
    end,
    expire,
    find_request,
    first_half,
    may_decide,
    requests_for,
    untold,
)
from anlan.org.credentials import AccountRequest, Factor, OutsideIdentity
from anlan.org.errors import Contradiction, NotAllowed
from anlan.org.guarded import Act, NeedsSecond, seconds
from anlan.org.models import Person, Post, Unit
from anlan.org.scope import acting, as_system
from tests.conftest import actor_of
from tests.world import employ

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WORD = "a sentence that is long"
COMMAND_LINE = Origin(kind="system")


def came_in(person: Person) -> Person:
    """Somebody who chose a password of their own."""
    person.set_password(WORD)
    person.must_change_password = False
    person.save()
    return person


@pytest.fixture
def audit(world) -> Person:
    return came_in(employ("audit", "宋审", "audit_officer", world.city))


@pytest.fixture
def security(world) -> Person:
    return came_in(employ("security", "安全", "security_officer", world.city))


@pytest.fixture
def guan(guan) -> Person:
    return came_in(guan)


def steps_of(request: AccountRequest) -> list[str]:
    entries = Entry.objects.filter(register="org.request").order_by("pk")
    return [entry.step for entry in entries if json.loads(entry.content)["person"] == request.person.username]


# ── the case that was tried ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("act", [Act.PASSWORD, Act.FACTORS, Act.UNLOCK, Act.DEACTIVATE])
def test_one_officer_alone_does_nothing_to_the_account_of_another(audit, security, guan_actor, act):
    now = timezone.now()
    Factor.objects.create(person=audit, kind="webauthn", name="key", data=b"x", created_at=now, confirmed_at=now)
    before = Person.objects.values().get(pk=audit.pk)
    do = {
        Act.PASSWORD: administration.issue_password,
        Act.FACTORS: administration.reset_factors,
        Act.UNLOCK: administration.unlock,
        Act.DEACTIVATE: administration.deactivate,
    }[act]
    with pytest.raises(NeedsSecond, match="takes two people"):
        do(audit, by=guan_actor)
    made = change(audit, act, by=guan_actor)

    assert not made.is_done
    assert Person.objects.values().get(pk=audit.pk) == before
    assert Factor.objects.filter(person=audit).count() == 1
    for nobody in (guan_actor, actor_of(audit)):
        with pytest.raises(NotAllowed):
            approve(made.request, by=nobody)
    assert Person.objects.values().get(pk=audit.pk) == before


def test_each_of_the_two_holds_half_of_the_password_and_neither_half_opens_anything(audit, security, guan_actor):
    asked = change(audit, Act.PASSWORD, by=guan_actor)
    done = approve(asked.request, by=actor_of(security))

    audit.refresh_from_db()
    assert (len(asked.password), len(done.password)) == (9, 9)
    assert audit.check_password(f"{asked.password}-{done.password}")
    assert not audit.check_password(asked.password)
    assert not audit.check_password(done.password)
    assert audit.must_change_password
    assert steps_of(asked.request) == ["ask", "approve"]
    told = Entry.objects.filter(register="org.person", step="issue_password").get()
    content = json.loads(told.content)
    assert (told.actor_id, content["request"]) == (guan_actor.person_id, str(asked.request.uid))
    assert sorted(content) == ["must_change_password", "password", "password_changed_at", "request"]  # a keyed digest
    everything = "".join(Entry.objects.values_list("content", flat=True)) + str(AccountRequest.objects.values())
    for secret in (asked.password, done.password, audit.password):
        assert secret not in everything


def test_the_person_is_told_until_they_say_that_they_know(audit, security, guan_actor, client_as):
    approve(change(audit, Act.FACTORS, by=guan_actor).request, by=actor_of(security))
    assert [row.act for row in untold(audit)] == ["factors"]
    browser = client_as(Person.objects.get(pk=audit.pk))
    browser.cookies["django_language"] = "en"
    page = browser.get("/me/").content.decode()
    assert "Others changed your account" in page
    assert "asked for by 管宁, approved by 安全" in page
    later = change(audit, Act.UNLOCK, by=guan_actor).request
    approve(later, by=actor_of(security))  # while the page stood open
    told = {"request": re.findall(r'name="request" value="(\w+)"', page)}
    browser.post("/me/told/", told)
    assert untold(audit) == [later]
    page = browser.get("/me/").content.decode()
    assert "Unlock" in page
    assert "Reset the second factor" not in page
    browser.post("/me/told/", {"request": [later.uid.hex]})
    assert "Others changed your account" not in browser.get("/me/").content.decode()


def test_at_the_next_sign_in_the_person_reads_that_others_changed_the_account(audit, security, guan_actor, client):
    asked = change(audit, Act.PASSWORD, by=guan_actor)
    done = approve(asked.request, by=actor_of(security))
    client.cookies["django_language"] = "en"
    word = f"{asked.password}-{done.password}"
    assert client.post("/sign-in/", {"username": "audit", "password": word}).status_code == 302
    client.post("/password/", {"old_password": word, "new_password1": WORD + " 2", "new_password2": WORD + " 2"})
    assert "Others changed your account." in client.get("/me/second-factor/").content.decode()


# ── puppets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "role", ["administrator", "security_officer", "audit_officer", "reviewer", "auditor", "supervisor"]
)
def test_an_administrator_alone_makes_no_puppet_with_a_post_that_counts(world, security, guan_actor, bai, role):
    asked = change(
        bai, Act.GIVE, unit=world.city, role=role, starts_on=timezone.localdate(), with_account=True, by=guan_actor
    )
    assert not asked.is_done
    assert not Post.objects.filter(person=bai).exists()
    approve(asked.request, by=actor_of(security))
    assert Post.objects.get(person=bai).role == role


def test_an_account_prepared_alone_opens_nothing_after_its_post_was_given(
    world, security, guan_actor, bai, monkeypatch
):
    """The administrator makes an account, signs in to it, sets up a factor and a tie; then a post is asked for in good faith."""
    administration.issue_password(bai, by=guan_actor)
    came_in(bai)
    now = timezone.now()
    Factor.objects.create(person=bai, kind="webauthn", name="key", data=b"x", created_at=now, confirmed_at=now)
    OutsideIdentity.objects.create(person=bai, provider="unit", subject="mine", linked_at=now)
    generation = bai.session_generation

    given = {"unit": world.district_1, "role": "reviewer", "starts_on": timezone.localdate()}
    asked = change(bai, Act.GIVE, **given, by=guan_actor)
    done = approve(asked.request, by=actor_of(security))

    bai.refresh_from_db()
    assert not bai.check_password(WORD)
    assert bai.check_password(f"{asked.password}-{done.password}")
    assert not Factor.objects.filter(person=bai).exists()
    assert not OutsideIdentity.objects.filter(person=bai).exists()
    assert bai.session_generation > generation


def test_a_tie_or_a_password_made_while_the_request_waits_opens_nothing_either(world, security, guan_actor, bai):
    """The account had no password when the post was asked for, so none was to come with it."""
    given = {"unit": world.district_1, "role": "reviewer", "starts_on": timezone.localdate()}
    asked = change(bai, Act.GIVE, **given, by=guan_actor)
    assert asked.password == ""
    OutsideIdentity.objects.create(person=bai, provider="unit", subject="mine", linked_at=timezone.now())
    administration.issue_password(bai, by=guan_actor)
    came_in(bai)
    done = approve(asked.request, by=actor_of(security))

    bai.refresh_from_db()
    assert not OutsideIdentity.objects.filter(person=bai).exists()
    assert not bai.check_password(WORD)
    assert bai.check_password(f"{first_half(asked.request)}-{done.password}")


def test_whom_the_asker_alone_let_in_cannot_be_the_second(world, audit, security, guan, guan_actor):
    """As it was before this rule: an administrator alone gave somebody an officer's post and issued the password."""
    puppet = came_in(employ("puppet", "木偶", "administrator", world.city))
    now = timezone.now()
    assert puppet.pk in seconds(audit, paths=[world.city.path], asked_by=guan.pk, now=now)
    from anlan.org.events import SCREEN, note

    note("org.person", puppet.pk, "issue_password", {}, at=world.city, by=guan_actor, origin=SCREEN)
    assert seconds(audit, paths=[world.city.path], asked_by=guan.pk, now=now) == {security.pk}
    assert puppet.pk in seconds(audit, paths=[world.city.path], asked_by=None, now=now)
    later = now + dt.timedelta(days=31)
    assert puppet.pk in seconds(audit, paths=[world.city.path], asked_by=guan.pk, now=later)


def test_a_puppet_counts_as_little_where_the_director_asks_who_is_the_second(world, audit, guan, guan_actor):
    """Row-level security shows a director no entry of an account; the answer must not depend on who asks."""
    from anlan.org.events import SCREEN, note

    puppet = came_in(employ("puppet", "木偶", "administrator", world.city))
    director = actor_of(came_in(employ("director", "主任", "commission_director", world.city)))
    note("org.person", puppet.pk, "issue_password", {}, at=world.city, by=guan_actor, origin=SCREEN)
    with acting(director):
        assert seconds(audit, paths=[world.city.path], asked_by=guan.pk, now=timezone.now()) == {director.person_id}


def test_who_never_chose_a_password_of_their_own_cannot_be_the_second(audit, security, guan, guan_actor):
    Person.objects.filter(pk=security.pk).update(must_change_password=True)
    with pytest.raises(Contradiction, match="Nobody else can approve this"):
        change(audit, Act.PASSWORD, by=guan_actor)


# ── who is the second ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_officer_of_a_district_is_not_the_second_for_the_city(world, audit, security, guan_actor):
    below = came_in(employ("below", "区安", "security_officer", world.district_1))
    asked = change(audit, Act.PASSWORD, by=guan_actor).request
    assert not may_decide(actor_of(below), asked, now=timezone.now())
    assert may_decide(actor_of(security), asked, now=timezone.now())
    assert (
        count_to_decide(actor_of(below), now=timezone.now()),
        count_to_decide(actor_of(security), now=timezone.now()),
    ) == (0, 1)


def test_a_director_of_the_commission_is_the_second_only_where_no_officer_is_left(world, audit, security, guan_actor):
    director = came_in(employ("director", "主任", "commission_director", world.city))
    asked = change(audit, Act.PASSWORD, by=guan_actor).request
    assert not may_decide(actor_of(director), asked, now=timezone.now())
    security.is_active = False
    security.save()
    assert may_decide(actor_of(director), asked, now=timezone.now())
    approve(asked, by=actor_of(director))


def test_a_reviewer_a_head_and_a_stranger_are_nobodys_second(request, world, audit, security, guan_actor):
    asked = change(audit, Act.PASSWORD, by=guan_actor).request
    for name in ("li", "wang", "chen", "shen", "bai"):
        person = came_in(request.getfixturevalue(name))
        with pytest.raises(NotAllowed):
            approve(asked, by=actor_of(person))


def test_what_was_asked_is_not_carried_out_when_the_asker_lost_the_right(world, audit, security, guan, guan_actor):
    asked = change(audit, Act.PASSWORD, by=guan_actor).request
    Post.objects.filter(person=guan).delete()
    with pytest.raises(Contradiction, match="may not ask for it any more"):
        approve(asked, by=actor_of(security))
    asked.refresh_from_db()
    assert asked.state == "waiting"


# ── once, refused, over ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_serves_once_and_is_not_asked_twice(audit, security, guan_actor):
    asked = change(audit, Act.FACTORS, by=guan_actor).request
    with pytest.raises(Contradiction, match="asked for already"):
        change(audit, Act.FACTORS, by=guan_actor)
    approve(asked, by=actor_of(security))
    with pytest.raises(Contradiction, match="over already"):
        approve(asked, by=actor_of(security))
    with pytest.raises(NeedsSecond):
        administration.reset_factors(audit, by=guan_actor)


def test_it_is_refused_by_a_second_and_withdrawn_by_its_asker_and_nothing_changes(audit, security, guan_actor):
    refused, withdrawn = (change(audit, act, by=guan_actor).request for act in (Act.FACTORS, Act.PASSWORD))
    end(refused, by=actor_of(security))
    end(withdrawn, by=guan_actor)
    states = AccountRequest.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["refused", "withdrawn"]
    assert steps_of(refused) == ["ask", "ask", "refuse", "withdraw"]
    audit.refresh_from_db()
    assert audit.check_password(WORD)


def test_a_request_is_over_after_a_day_with_an_entry(audit, security, guan_actor):
    now = timezone.now()
    asked = change(audit, Act.PASSWORD, by=guan_actor, now=now).request
    late = now + dt.timedelta(hours=24)
    with pytest.raises(Contradiction, match="over already"):
        approve(asked, by=actor_of(security), now=late)
    assert (expire(now=late - dt.timedelta(seconds=1)), expire(now=late), expire(now=late)) == (0, 1, 0)
    assert steps_of(asked) == ["ask", "expire"]


# ── relatives ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stolen_reviewers_account_is_taken_away_by_one_and_given_back_by_two(chen, security, guan_actor):
    came_in(chen)
    assert change(chen, Act.DEACTIVATE, by=guan_actor).is_done
    chen.refresh_from_db()
    given_back = change(chen, Act.REACTIVATE, by=guan_actor)
    assert not given_back.is_done
    approve(given_back.request, by=actor_of(security))
    chen.refresh_from_db()
    assert chen.is_active


def test_an_officers_post_is_ended_by_two_and_a_reviewers_by_one_but_prolonged_by_two(
    world, audit, chen, security, guan_actor
):
    today = timezone.localdate()
    post = Post.objects.get(person=audit)
    with pytest.raises(NeedsSecond):
        administration.end_post(post, ends_on=today, by=guan_actor)
    approve(change(audit, Act.END, post=post, ends_on=today, by=guan_actor).request, by=actor_of(security))
    assert Post.objects.get(person=audit).ends_on == today

    post = Post.objects.get(person=chen)
    assert change(chen, Act.END, post=post, ends_on=today + dt.timedelta(days=9), by=guan_actor).is_done
    longer = {"post": Post.objects.get(person=chen), "ends_on": today + dt.timedelta(days=99)}
    with pytest.raises(NeedsSecond):
        administration.end_post(longer["post"], ends_on=longer["ends_on"], by=guan_actor)
    asked = change(chen, Act.END, **longer, by=guan_actor)
    assert not asked.is_done
    approve(asked.request, by=actor_of(security))
    assert Post.objects.get(person=chen).ends_on == longer["ends_on"]


def test_a_unit_at_which_officers_hold_posts_is_not_closed_over_their_heads(world, guan_actor):
    employ("he", "何静", "audit_officer", world.district_2)
    for code in ("C-OP", "C"):
        administration.close_unit(Unit.objects.get(code=code), by=guan_actor)
    with pytest.raises(Contradiction, match="Officers hold posts"):
        administration.close_unit(Unit.objects.get(code="P12"), by=guan_actor)


def test_the_accounts_of_a_hospital_are_kept_by_one_administrator_as_before(li, wang, guan_actor):
    for person in (li, wang):
        assert change(person, Act.PASSWORD, by=guan_actor).is_done
        assert change(person, Act.UNLOCK, by=guan_actor).is_done


def test_what_contradicts_is_refused_to_the_asker_and_nobody_asks_for_themselves(world, security, li, guan, guan_actor):
    given = {"role": "reviewer", "starts_on": timezone.localdate()}
    with pytest.raises(Contradiction, match="is held at"):
        change(li, Act.GIVE, unit=world.hospital_a.unit, **given, by=guan_actor)
    with pytest.raises(Contradiction, match="your own account"):
        change(guan, Act.UNLOCK, by=guan_actor)
    with pytest.raises(NotAllowed):
        change(guan, Act.PASSWORD, by=actor_of(security))
    assert not AccountRequest.objects.exists()
    assert not Entry.objects.exists()


def test_a_closed_commission_is_not_reopened_with_its_reviewers_by_one(world, chen, guan_actor):
    """As an account: to take it away is for one, to give it back is for two."""
    for code in ("A-ER", "A-IM", "A", "B-ER", "B", "P11"):
        administration.close_unit(Unit.objects.get(code=code), by=guan_actor)
    with pytest.raises(Contradiction, match="Posts would hold again that one person alone does not give: 陈岚"):
        administration.reopen_unit(Unit.objects.get(code="P11"), by=guan_actor)
    assert not actor_of(chen).grants
    administration.end_post(Post.objects.get(person=chen), ends_on=timezone.localdate(), by=guan_actor)
    administration.reopen_unit(Unit.objects.get(code="P11"), by=guan_actor)
    assert Unit.objects.get(code="P11").is_active


def test_every_request_that_waits_is_found_however_many_came_after_it(audit, security, guan_actor):
    now = timezone.now()
    first = change(audit, Act.PASSWORD, by=guan_actor, now=now - dt.timedelta(hours=20)).request
    others = {"act": Act.UNLOCK, "person": audit, "ends_at": now + dt.timedelta(hours=9), "paths": first.paths}
    for state in ("waiting", "done"):
        AccountRequest.objects.bulk_create(AccountRequest(asked_at=now, state=state, **others) for _ in range(120))
    found = requests_for(actor_of(security), now=now)
    assert first in found
    assert [sum(row.state == state for row in found) for state in ("waiting", "done")] == [121, 100]
    assert find_request(actor_of(security), first.uid) == first
    old = AccountRequest.objects.filter(state="done").order_by("pk")[0]
    assert find_request(actor_of(security), old.uid) == old


# ── the command line ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_line_counts_as_one_of_the_two(audit, security, guan):
    with as_system("command line") as by:
        asked = change(audit, Act.PASSWORD, by=by, origin=COMMAND_LINE)
    assert not asked.is_done
    assert asked.request.asked_by is None
    assert may_decide(actor_of(security), asked.request, now=timezone.now())
    done = approve(asked.request, by=actor_of(guan))
    audit.refresh_from_db()
    assert audit.check_password(f"{first_half(asked.request)}-{done.password}")


def test_the_command_line_alone_makes_the_first_officers_and_only_until_one_has_come_in(world, bai):
    given = {"unit": world.city, "starts_on": timezone.localdate()}
    with as_system("command line") as by:
        assert change(bai, Act.GIVE, role="administrator", **given, by=by, origin=COMMAND_LINE).is_done
        assert change(bai, Act.PASSWORD, by=by, origin=COMMAND_LINE).password.count("-") == 3
        other = Person.objects.create_user("other", name="其他")
        assert change(other, Act.GIVE, role="security_officer", **given, by=by, origin=COMMAND_LINE).is_done
        assert list(AccountRequest.objects.values_list("is_alone", flat=True)) == [True, True, True]
        came_in(Person.objects.get(pk=bai.pk))
        third = Person.objects.create_user("third", name="第三")
        assert not change(third, Act.GIVE, role="audit_officer", **given, by=by, origin=COMMAND_LINE).is_done


def test_the_last_officer_who_lost_everything_is_let_in_again_by_the_server_with_an_entry(guan):
    with as_system("command line") as by:
        made = change(guan, Act.PASSWORD, by=by, origin=COMMAND_LINE)
    guan.refresh_from_db()
    assert guan.check_password(made.password)
    assert [row.is_alone for row in untold(guan)] == [True]
    assert list(Entry.objects.filter(register="org.request").values_list("step", flat=True)) == ["alone"]
