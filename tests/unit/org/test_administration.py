"""Administration: who may change what of units, people and posts, which contradictions are refused, and what the ledger keeps."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from anlan.flow.reading import NotThere, find_record
from anlan.ledger.check import broken_entries
from anlan.ledger.models import Entry, Unsequenced
from anlan.org import administration
from anlan.org.administration import Profile
from anlan.org.errors import Contradiction, NotAllowed
from anlan.org.events import subject_uid
from anlan.org.guarded import NeedsSecond
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.policy import visible_institutions
from anlan.org.roles import find_role
from anlan.org.scope import as_system
from tests.conftest import actor_of
from tests.world import employ

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SINCE = dt.date(2026, 1, 1)
LEVEL_2 = Profile(class_level=2, kind="general", beds=300, staff=420)


@pytest.fixture
def district_admin(world):
    """The administrator of district 1 alone."""
    return actor_of(employ("he", "何静", "administrator", world.district_1))


def last_entry() -> Entry:
    return Entry.objects.order_by("-pk")[0]


def give(person, unit, role, by, **fields):
    return administration.give_post(
        person, unit=unit, role=role, starts_on=fields.pop("starts_on", SINCE), by=by, **fields
    )


# ── units ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_institution_is_added_with_its_profile_and_one_ledger_entry(world, guan_actor):
    unit = administration.add_unit(
        world.district_1, kind="institution", code="A2", name="河镇人民医院", profile=LEVEL_2, by=guan_actor
    )

    institution = Institution.objects.get(pk=unit.pk)
    assert (institution.code, institution.class_level, institution.beds) == ("A2", 2, 300)
    entry = last_entry()
    assert (entry.register, entry.step, entry.version) == ("org.unit", "add", 1)
    assert (entry.institution_id, entry.actor_id, entry.occurred_on) == (
        unit.pk,
        guan_actor.person_id,
        timezone.localdate(),
    )
    assert json.loads(entry.header)["institution"] == "A2"
    assert json.loads(entry.content)["parent"] == "P11"
    assert list(broken_entries()) == []
    assert Unsequenced.objects.filter(pk=entry.pk).exists()


@pytest.mark.parametrize(
    ("parent", "fields", "field", "words"),
    [
        ("district_1", {"kind": "department", "code": "X"}, "kind", "belongs below “Institution”"),
        ("emergency_a", {"kind": "department", "code": "X"}, "kind", "belongs below “Institution”"),
        ("medicine_a", {"kind": "institution", "code": "X"}, "kind", "belongs below “Commission”"),
        ("district_1", {"kind": "commission", "code": "X", "level": "city"}, "level", "does not stand below"),
        ("district_1", {"kind": "commission", "code": "X"}, "level", "of a province, a city or a district"),
        ("district_1", {"kind": "institution", "code": "X", "level": "city"}, "level", "Only a commission has a level"),
        ("district_1", {"kind": "institution", "code": "a"}, "code", "is taken"),
        ("district_1", {"kind": "institution", "code": "东/1"}, "code", "letters, digits"),
        ("district_1", {"kind": "institution", "code": "X", "name": " "}, "name", "Give a name"),
        ("district_1", {"kind": "grid", "code": "X"}, "kind", "A unit is a commission"),
        ("district_1", {"kind": "institution", "code": "X", "profile": None}, "", "An institution has a profile"),
    ],
)
def test_a_unit_that_contradicts_the_tree_is_refused(world, guan_actor, parent, fields, field, words):
    profile = LEVEL_2 if fields["kind"] == "institution" else None
    with pytest.raises(Contradiction, match=words) as refused:
        administration.add_unit(
            getattr(world, parent), by=guan_actor, **{"name": "新单位", "profile": profile, **fields}
        )
    assert refused.value.field == field
    assert Entry.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"class_level": 4}, "class_level"),
        ({"kind": "dental"}, "kind"),
        ({"beds": -1}, "beds"),
        ({"is_large_specialist": True}, "large_specialist_reason"),
        ({"large_specialist_reason": "省级区域中心"}, "large_specialist_reason"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(world, guan_actor, change, field):
    wrong = Profile(**(LEVEL_2.columns() | change))
    with pytest.raises(Contradiction) as refused:
        administration.change_profile(world.hospital_a.unit, wrong, by=guan_actor)
    assert refused.value.field == field


def test_a_changed_profile_leaves_only_what_changed_and_the_same_again_leaves_nothing(world, guan_actor, wang):
    profile = Profile(class_level=3, kind="general", beds=420, staff=610, first_responsible=wang)
    administration.change_profile(world.hospital_a.unit, profile, by=guan_actor)
    administration.change_profile(world.hospital_a.unit, profile, by=guan_actor)

    assert Entry.objects.count() == 1
    assert json.loads(last_entry().content) == {"class_level": 3, "first_responsible": "wang"}
    assert Institution.objects.get(code="A").first_responsible == wang


def test_a_unit_is_renamed_and_its_entries_count_up(world, guan_actor):
    unit = world.emergency_a
    administration.change_unit(unit, name="急诊医学科", name_en="", by=guan_actor)
    administration.change_unit(unit, name="急诊医学科", name_en="Emergency", by=guan_actor)

    entries = Entry.objects.filter(record_uid=subject_uid("org.unit", "A-ER")).order_by("version")
    assert [(one.version, one.content) for one in entries] == [
        (1, '{"name":"急诊医学科"}'),
        (2, '{"name_en":"Emergency"}'),
    ]
    assert {one.institution_id for one in entries} == {world.hospital_a.pk}


def test_a_closed_unit_gives_no_rights_and_takes_no_posts(world, guan_actor, qian, bai):
    with pytest.raises(Contradiction, match="Units below"):
        administration.close_unit(world.hospital_a.unit, by=guan_actor)
    administration.close_unit(world.emergency_a, by=guan_actor)

    assert actor_of(qian).grants == ()
    with pytest.raises(Contradiction, match="is closed"):
        give(bai, world.emergency_a, "recorder", guan_actor)
    administration.reopen_unit(Unit.objects.get(code="A-ER"), by=guan_actor)
    assert len(actor_of(qian).grants) == 1


def test_nobody_closes_the_unit_of_their_own_post(world, district_admin):
    for code in ("A-ER", "A-IM", "B-ER", "A", "B"):
        administration.close_unit(Unit.objects.get(code=code), by=district_admin)
    with pytest.raises(Contradiction, match="lock you out"):
        administration.close_unit(world.district_1, by=district_admin)


# ── reach ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_administrators_post_reaches_its_subtree_and_no_further(world, district_admin, li, feng):
    outside = world.hospital_c.unit
    attempts = [
        lambda: administration.add_unit(outside, kind="department", code="X", name="x", by=district_admin),
        lambda: administration.change_unit(outside, name="x", name_en="", by=district_admin),
        lambda: administration.change_profile(outside, LEVEL_2, by=district_admin),
        lambda: administration.close_unit(outside, by=district_admin),
        lambda: administration.change_unit(world.city, name="x", name_en="", by=district_admin),
        lambda: administration.add_unit(None, kind="commission", level="city", code="X", name="x", by=district_admin),
        lambda: administration.add_person(outside, username="x", name="x", by=district_admin),
        lambda: give(li, outside, "office", district_admin),
        lambda: give(feng, world.district_1, "reviewer", district_admin),
        lambda: administration.end_post(Post.objects.get(person=feng), ends_on=SINCE, by=district_admin),
        lambda: administration.issue_password(feng, by=district_admin),
        lambda: administration.deactivate(feng, by=district_admin),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert Entry.objects.count() == 0


@pytest.mark.parametrize("who", ["li_actor", "wang_actor", "chen_actor", "shen_actor", "bai_actor"])
def test_nobody_but_an_administrator_changes_anything(world, request, who, qian):
    by = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        administration.add_unit(world.hospital_a.unit, kind="department", code="X", name="x", by=by)
    with pytest.raises(NotAllowed):
        administration.issue_password(qian, by=by)


def test_an_account_that_also_works_elsewhere_is_for_the_administrator_above_both(
    world, district_admin, guan_actor, li
):
    """Else a district's administrator could take over the account of somebody of the city."""
    give(li, world.hospital_c.unit, "office", guan_actor)

    with pytest.raises(NotAllowed, match="does not administer every unit"):
        administration.issue_password(li, by=district_admin)
    assert administration.issue_password(li, by=guan_actor)


def test_an_administrator_sees_no_institution_by_policy(world, guan_actor):
    assert not Institution.objects.filter(visible_institutions(guan_actor)).exists()


# ── posts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "fits", "misfits"),
    [
        ("recorder", "emergency_a", ("hospital_a", "district_1")),
        ("office", "hospital_a", ("emergency_a", "district_1")),
        ("director", "hospital_a", ("emergency_a", "district_1")),
        ("assessor", "hospital_a", ("emergency_a", "district_1")),
        ("reviewer", "district_1", ("hospital_a", "emergency_a")),
        ("auditor", "district_1", ("hospital_a", "emergency_a")),
        ("administrator", "district_1", ("hospital_a", "emergency_a")),
    ],
)
def test_each_role_is_held_at_one_kind_of_unit(world, guan_actor, bai, role, fits, misfits):
    def unit(name: str) -> Unit:
        found = getattr(world, name)
        return found.unit if isinstance(found, Institution) else found

    for name in misfits:
        with pytest.raises(Contradiction, match="is held at") as refused:
            give(bai, unit(name), role, guan_actor)
        assert refused.value.field == "unit"
    if find_role(role).takes_two:
        with pytest.raises(NeedsSecond, match="takes two people"):
            give(bai, unit(fits), role, guan_actor)
        return
    give(bai, unit(fits), role, guan_actor)
    assert [grant.role.code for grant in actor_of(bai).grants] == [role]
    assert (last_entry().register, last_entry().step) == ("org.post", "give")


def test_nobody_gives_themselves_a_post_or_ends_their_own(world, guan, guan_actor):
    with pytest.raises(Contradiction, match="Nobody gives themselves a post"):
        give(guan, world.district_1, "administrator", guan_actor)
    with pytest.raises(Contradiction, match="Nobody ends their own post"):
        administration.end_post(Post.objects.get(person=guan), ends_on=timezone.localdate(), by=guan_actor)


def test_an_administrator_holds_no_other_role(world, guan_actor, li, district_admin):
    with pytest.raises(Contradiction, match="holds no other role"):
        give(li, world.district_1, "administrator", guan_actor)
    with pytest.raises(Contradiction, match="holds no other role"):
        give(Person.objects.get(username="he"), world.district_1, "reviewer", guan_actor)
    administration.end_post(Post.objects.get(person=li), ends_on=dt.date(2026, 6, 1), by=guan_actor)
    with pytest.raises(NeedsSecond):
        give(li, world.district_1, "administrator", guan_actor, starts_on=dt.date(2026, 6, 1))


def test_a_post_that_is_there_or_has_no_days_is_refused(world, guan_actor, li):
    with pytest.raises(Contradiction, match="in these days already"):
        give(li, world.hospital_a.unit, "office", guan_actor)
    with pytest.raises(Contradiction, match="ends after it begins"):
        give(li, world.hospital_b.unit, "office", guan_actor, ends_on=SINCE)


def test_a_post_ends_at_once_today_and_a_post_that_never_held_is_withdrawn(world, guan_actor, li, bai):
    today = timezone.localdate()
    administration.end_post(Post.objects.get(person=li), ends_on=today, by=guan_actor)
    assert actor_of(li).grants == ()
    with pytest.raises(Contradiction, match="ended on"):
        administration.end_post(Post.objects.get(person=li), ends_on=today, by=guan_actor)

    post = give(bai, world.hospital_a.unit, "office", guan_actor, starts_on=today)
    administration.end_post(post, ends_on=today, by=guan_actor)
    assert not Post.objects.filter(person=bai).exists()
    assert last_entry().step == "withdraw"


# ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_person_has_no_rights_and_no_password_until_they_are_given(world, guan_actor):
    person = administration.add_person(world.hospital_a.unit, username="xin", name="辛月", by=guan_actor)
    assert not person.has_usable_password()
    assert actor_of(person).grants == ()

    password = administration.issue_password(person, by=guan_actor)
    person.refresh_from_db()
    assert person.check_password(password)
    assert person.must_change_password
    assert password not in "".join(Entry.objects.values_list("content", flat=True))


@pytest.mark.parametrize(
    ("username", "words"), [("LI", "is taken"), ("李敏", "letters, digits"), ("", "letters, digits")]
)
def test_a_user_name_that_is_taken_or_cannot_be_typed_is_refused(world, guan_actor, li, username, words):
    with pytest.raises(Contradiction, match=words):
        administration.add_person(world.hospital_a.unit, username=username, name="李", by=guan_actor)


def test_a_deactivated_person_has_no_rights_and_gets_no_password_until_reactivated(world, guan_actor, guan, li):
    administration.deactivate(li, by=guan_actor)
    assert actor_of(li).grants == ()
    with pytest.raises(Contradiction, match="Reactivate the account first"):
        administration.issue_password(li, by=guan_actor)
    with pytest.raises(Contradiction, match="Nobody deactivates their own"):
        administration.deactivate(guan, by=guan_actor)
    administration.reactivate(li, by=guan_actor)
    assert len(actor_of(li).grants) == 1
    steps = Entry.objects.filter(record_uid=subject_uid("org.person", li.pk)).order_by("version")
    assert list(steps.values_list("step", flat=True)) == ["deactivate", "reactivate"]


def test_an_entry_of_a_person_is_no_record(world, guan_actor, li):
    administration.deactivate(li, by=guan_actor)
    with as_system("test"), pytest.raises(NotThere):
        find_record(subject_uid("org.person", li.pk))
