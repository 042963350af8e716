"""People, posts, parties, units, profiles, credentials and imports against their entries: what SQL changes beside them is named."""

import datetime as dt

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone

from anlan.flow.drift import all_drift
from anlan.flow.drift_organisation import EVERY_KIND
from anlan.flow.drift_words import drift_words
from anlan.flow.parties import NamedParty
from anlan.flow.perform import perform
from anlan.flow.reading import find_record
from anlan.ledger.models import Entry
from anlan.org import account_requests, administration
from anlan.org.accounts import change_password
from anlan.org.administration import Profile
from anlan.org.attributes import KINDS, OUTSIDE, PEOPLE, POSTS, REQUESTS, UNITS
from anlan.org.baseline import baseline_at, ensure_baseline, tell_what_stands
from anlan.org.credentials import AccountRequest, DigestKey, Factor, FormerPassword, OutsideIdentity
from anlan.org.door import factors, totp
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.parties import Party
from anlan.org.scope import acting, as_system
from anlan.org.subjects import PERSON, subject_uid
from config.demo import load
from tests.conftest import actor_of
from tests.unit.flow.test_parties import accept, let_in
from tests.unit.org.test_two_people import came_in
from tests.world import employ

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NOW = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def whole(world, li, wang, chen, guan):
    """The tree and four people, told to the ledger once."""
    with as_system("test"):
        ensure_baseline(EVERY_KIND)


@pytest.fixture
def second(world) -> Person:
    """Another administrator, who chose a password."""
    return came_in(employ("tian", "田方", "administrator", world.city))


def found():
    with as_system("test"):
        return sorted({(drift.register, drift.number, drift.column or drift.fault.name) for drift in all_drift()})


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount >= 1


def test_what_stands_at_the_upgrade_is_told_once_and_nothing_differs(whole):
    assert found() == []
    assert baseline_at() is not None
    before = Entry.objects.count()
    assert ensure_baseline(EVERY_KIND) is None
    assert Entry.objects.count() == before
    told = Entry.objects.get(record_uid=subject_uid("org.unit", "A"))
    assert (told.step, told.version) == ("baseline", 1)


TAMPERINGS = {
    "a post is pointed to another person": (
        "UPDATE org_post SET person_id = (SELECT id FROM org_person WHERE username = 'li') WHERE role = 'reviewer'",
        [("org.post", "li reviewer P11", "person")],
    ),
    "a role becomes another": ("UPDATE org_post SET role = 'reviewer' WHERE role = 'office'", [("org.post", "li reviewer A", "role")]),
    "a post moves to another unit": (
        "UPDATE org_post SET unit_id = (SELECT id FROM org_unit WHERE code = 'P1') WHERE role = 'office'",
        [("org.post", "li office P1", "unit")],
    ),
    "a post that ended goes on": ("UPDATE org_post SET starts_on = '2019-01-01' WHERE role = 'office'", [("org.post", "li office A", "starts_on")]),
    "a post is gone": ("DELETE FROM org_post WHERE role = 'reviewer'", [("org.post", "chen reviewer P11", "NO_ROW")]),
    "a post is slipped in": (
        "INSERT INTO org_post (person_id, unit_id, role, starts_on) SELECT person_id, unit_id, 'director', starts_on FROM org_post WHERE role = 'office'",
        [("org.post", "li director A", "NO_ENTRIES")],
    ),
    "staff": ("UPDATE org_institution SET staff = 609 WHERE code = 'A'", [("org.unit", "A", "staff")]),
    "class": ("UPDATE org_institution SET class_level = 3 WHERE code = 'A'", [("org.unit", "A", "class_level")]),
    "kind": ("UPDATE org_institution SET kind = 'tcm' WHERE code = 'A'", [("org.unit", "A", "kind")]),
    "the code of a profile": ("UPDATE org_institution SET code = 'Z' WHERE code = 'A'", [("org.unit", "A", "institution_code")]),
    "first responsible": (
        "UPDATE org_institution SET first_responsible_id = (SELECT id FROM org_person WHERE username = 'li') WHERE code = 'A'",
        [("org.unit", "A", "first_responsible")],
    ),
    "a unit's name": ("UPDATE org_unit SET name = '别的' WHERE code = 'A-ER'", [("org.unit", "A-ER", "name")]),
    "a unit is closed": ("UPDATE org_unit SET is_active = (1 = 0) WHERE code = 'A-ER'", [("org.unit", "A-ER", "is_active")]),
    "a unit's code": (
        "UPDATE org_unit SET code = 'X' WHERE code = 'A-ER'",
        [("org.unit", "A-ER", "NO_ROW"), ("org.unit", "X", "NO_ENTRIES")],
    ),
    "a department moves to another hospital": (
        "UPDATE org_unit SET path = (SELECT path FROM org_unit WHERE code = 'B') || '0009' WHERE code = 'A-IM'",
        [("org.unit", "A", "numchild"), ("org.unit", "A-IM", "parent"), ("org.unit", "A-IM", "path"), ("org.unit", "B", "numchild")],
    ),
    "a depth": ("UPDATE org_unit SET depth = 2 WHERE code = 'A-IM'", [("org.unit", "A-IM", "depth")]),
    "a unit is slipped in": (
        "INSERT INTO org_unit (path, depth, numchild, kind, level, code, name, name_en, is_active) "
        "SELECT path || '0009', depth + 1, 0, 'department', '', 'NEW', 'x', '', is_active FROM org_unit WHERE code = 'C'",
        [("org.unit", "C", "numchild"), ("org.unit", "NEW", "NO_ENTRIES")],
    ),
    "a user name": (
        "UPDATE org_person SET username = 'leader' WHERE username = 'chen'",
        [("org.person", "leader", "username"), ("org.post", "leader reviewer P11", "person")],
    ),
    "a deactivated account": ("UPDATE org_person SET is_active = (1 = 0) WHERE username = 'chen'", [("org.person", "chen", "is_active")]),
    "the duty to change a password": (
        "UPDATE org_person SET must_change_password = (1 = 1) WHERE username = 'chen'", [("org.person", "chen", "must_change_password")],
    ),
    "a generation of sessions": ("UPDATE org_person SET session_generation = 7 WHERE username = 'chen'", [("org.person", "chen", "session_generation")]),
    "the mark of a demo account": ("UPDATE org_person SET is_synthetic = (1 = 1) WHERE username = 'chen'", [("org.person", "chen", "is_synthetic")]),
    "the age of a password": ("UPDATE org_person SET password_changed_at = '2030-01-01 00:00:00' WHERE username = 'chen'", [("org.person", "chen", "password_changed_at")]),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_change_by_sql_is_named_by_row_and_attribute(whole, name):
    statement, expected = TAMPERINGS[name]
    sql(statement)
    assert found() == expected


def test_a_person_slipped_in_is_named_and_no_second_start_tells_the_ledger_of_it(whole):
    Person.objects.create(username="mole", name="鼹", password=make_password("a password of the mole"))
    assert found() == [("org.person", "mole", "NO_ENTRIES")]
    assert ensure_baseline(EVERY_KIND) is None
    assert found() == [("org.person", "mole", "NO_ENTRIES")]


def test_a_replaced_password_hash_is_named_and_never_shown(whole, chen):
    Person.objects.filter(pk=chen.pk).update(password=make_password("known to the thief"))
    with as_system("test"):
        [drift] = all_drift()
    assert drift_words(drift) == "[flow.A001] password: it was changed, added or removed beside the ledger"
    assert (drift.number, drift.row_says, drift.entries_say) == ("chen", None, None)


def test_credentials_that_come_go_or_change_beside_the_ledger_are_named(qian, whole, li, wang):
    secret = factors.begin_totp(qian, now=NOW)
    one = factors.confirm_totp(qian, totp.code_at(secret, totp.step_at(NOW.timestamp())), now=NOW)
    factors.new_recovery_codes(qian, now=NOW)
    with as_system("test") as by:
        assert found() == []
        Factor.objects.filter(pk=one.pk).update(person=wang)
        assert found() == [("org.person", "qian", f"factor.{one.pk}"), ("org.person", "wang", f"factor.{one.pk}")]
        administration.reset_factors(qian, by=by)
        assert found() == [("org.person", "qian", f"factor.{one.pk}"), ("org.person", "wang", f"factor.{one.pk}")]
        Factor.objects.filter(pk=one.pk).update(person=qian)
        Factor.objects.filter(pk=one.pk).delete()
    FormerPassword.objects.create(person=li, password="x", at=NOW)
    OutsideIdentity.objects.create(person=li, provider="city", subject="s", linked_at=NOW)
    assert [column.partition(".")[0] for _register, _who, column in found()] == ["former", "outside", "factor"]


def test_a_lawful_change_after_a_tampering_does_not_tell_the_tampered_value(whole, world, guan):
    by = actor_of(guan)
    Institution.objects.filter(code="A").update(staff=609)
    profile = Profile.of(Institution.objects.get(code="A"))
    administration.change_unit(world.hospital_a.unit, name="改了名", name_en="", by=by)
    administration.change_profile(
        world.hospital_a.unit,
        Profile(**{name: getattr(profile, name) for name in ("class_level", "kind", "staff")}, beds=421),
        by=by,
    )
    assert found() == [("org.unit", "A", "staff")]


def test_what_people_and_administrators_do_leaves_no_difference(whole, world, guan, li):
    by, unit = actor_of(guan), world.hospital_a.unit
    new = administration.add_person(unit, username="neu", name="新人", by=by, phone="1")
    post = administration.give_post(new, unit=unit, role="office", starts_on=dt.date(2026, 1, 1), by=by)
    once = administration.issue_password(new, by=by)
    change_password(new, once, "a sentence that nobody guesses 7")
    administration.change_person(new, name="新名", phone="2", by=by)
    secret = factors.begin_totp(new, now=NOW)
    factors.confirm_totp(new, totp.code_at(secret, totp.step_at(NOW.timestamp())), now=NOW)
    codes = factors.new_recovery_codes(new, now=NOW)
    assert factors.show_code(new, codes[0], now=NOW) == "recovery"
    administration.end_post(post, ends_on=dt.date(2026, 6, 1), by=by)
    other = administration.give_post(
        new, unit=unit, role="office", starts_on=timezone.localdate() + dt.timedelta(days=400), by=by
    )
    administration.end_post(other, ends_on=dt.date(2026, 6, 2), by=by)
    administration.deactivate(new, by=by)
    administration.reactivate(new, by=by)
    administration.reset_factors(new, by=by)
    made = administration.add_unit(
        world.district_1,
        kind="institution",
        code="N1",
        name="新院",
        by=by,
        profile=Profile(class_level=1, kind="general", staff=3, first_responsible=new),
    )
    room = administration.add_unit(made, kind="department", code="N1-D", name="科", by=by)
    administration.close_unit(room, by=by)
    administration.reopen_unit(room, by=by)
    assert found() == []


def test_a_post_that_was_withdrawn_and_is_back_by_sql_is_named(qian, whole, world, guan):
    by, later = actor_of(guan), timezone.localdate() + dt.timedelta(days=400)
    post = administration.give_post(qian, unit=world.medicine_a, role="recorder", starts_on=later, by=by)
    key = post.pk
    administration.end_post(post, ends_on=timezone.localdate(), by=by)
    assert found() == []
    Post.objects.create(pk=key, person=qian, unit=world.medicine_a, role="recorder", starts_on=later)
    assert [column for _register, _who, column in found()] == ["ends_on", "withdraw"]


def test_a_sign_in_that_stores_the_hash_by_newer_rules_leaves_its_entry(qian, whole):
    from django.contrib.auth.hashers import Argon2PasswordHasher

    class Weak(Argon2PasswordHasher):
        time_cost = 1

    with as_system("test") as by:
        once = administration.issue_password(qian, by=by)
    weak = Weak().encode(once, "saltsaltsalt")
    Person.objects.filter(pk=qian.pk).update(password=weak)
    assert found() == [("org.person", "qian", "password")]
    qian.refresh_from_db()
    before = qian.password_changed_at
    assert qian.check_password(once)
    qian.refresh_from_db()
    assert (qian.password != weak, qian.password_changed_at) == (True, before)
    steps = (
        Entry.objects.filter(record_uid=subject_uid(PERSON, qian.pk)).order_by("version").values_list("step", flat=True)
    )
    assert list(steps)[-1] == "rehash_password"
    assert found() == []


def test_without_the_key_of_digests_nothing_is_called_whole(whole):
    DigestKey.objects.all().delete()
    assert ("org.person", "[org.E182] key of digests", "UNREADABLE") in found()


@pytest.mark.parametrize(("changed", "column"), [
    ({"asked_by_id": None}, "asked_by"),
    ({"state": "refused"}, "state"),
    ({"told_at": NOW}, "told_at"),
    ({"details": {"subject": "somebody else"}}, "outside.subject"),
    ({"details": {"provider": "other"}}, "details"),
    ({"paths": []}, "paths"),
])  # fmt: skip
def test_a_request_for_two_people_that_was_changed_by_sql_is_named(second, whole, guan, chen, changed, column):
    row = account_requests.change(chen, "password", by=actor_of(guan)).request
    account_requests.approve(row, by=actor_of(second))
    assert found() == []
    AccountRequest.objects.filter(pk=row.pk).update(**changed)
    assert ("org.request", "password chen", column) in found()
    AccountRequest.objects.filter(pk=row.pk).delete()
    assert ("org.request", "password chen", "NO_ROW") in found()


def test_every_column_is_told_or_stands_on_the_list_of_what_is_outside():
    told = {Unit: {"kind"}, Institution: {"unit", "first_responsible"}, Person: {"password"}, Post: {"person", "unit"}}
    told |= {Factor: {"id", "person", "kind", "name", "data", "created_at", "confirmed_at"}}
    told |= {
        FormerPassword: {"person", "password", "at"},
        OutsideIdentity: {"person", "provider", "subject", "linked_at"},
    }
    told |= {AccountRequest: set()}
    kinds = {Unit: UNITS, Institution: UNITS, Person: PEOPLE, Post: POSTS, AccountRequest: REQUESTS}
    missing = [
        f"org.{model.__name__}.{field.name}"
        for model, names in told.items()
        for field in model._meta.concrete_fields
        if field.name not in names | (kinds[model].names if model in kinds else set())
    ]
    assert sorted(missing) == sorted(OUTSIDE)


def test_the_demo_city_tells_the_ledger_of_its_tree_and_people_and_nothing_is_left_for_a_baseline(db):
    with as_system("demo city") as by:
        load._tree()
        load._people()
        made = tell_what_stands(KINDS, step="add", origin=load.DEMO, by=by)
        assert made == {"org.unit": 171, "org.person": 85, "org.post": 61, "org.request": 0}
        assert sum(ensure_baseline(EVERY_KIND).values()) == 0
    assert found() == []


def test_parties_that_come_go_or_change_beside_the_ledger_are_named(world, li_actor, zhou):
    dispute = accept(world.hospital_a, by=li_actor)
    other = accept(world.hospital_a, by=li_actor)
    let_in(dispute, by=li_actor, capacity="handler", person=zhou)
    with acting(li_actor):
        part = [NamedParty(capacity="handler", person=zhou)]
        perform(find_record(dispute.uid), "release", by=li_actor, reason="交回", parties=part)
    let_in(dispute, by=li_actor, capacity="handler", person=zhou)
    let_in(other, by=li_actor, capacity="external", unit=world.hospital_a.unit, role="mediator")
    assert found() == []
    row = Party.objects.get(record_uid=other.uid)
    for values in (
        {"capacity": "handler"},
        {"role": ""},
        {"ends_on": dt.date(2031, 1, 1)},
        {"institution_id": world.hospital_b.pk},
    ):
        before = {name: getattr(row, name) for name in values}
        Party.objects.filter(pk=row.pk).update(**values)
        assert [(register, column) for register, _who, column in found()] == [("dispute", "parties")]
        Party.objects.filter(pk=row.pk).update(**before)
    Party.objects.filter(pk=row.pk).delete()
    assert [(register, column) for register, _who, column in found()] == [("dispute", "parties")]
