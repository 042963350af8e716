"""The access policy as properties: its two forms agree, more never sees less, and nobody sees what no post opens."""

import dataclasses
import datetime as dt
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.flow.cases import attach_capacities, case_of
from anlan.flow.spec import spec_of
from anlan.org.models import Institution
from anlan.org.parties import ACCUSED, Capacity
from anlan.org.policy import Case, Item, Kind, Sight, clearance_on, may_unmask, visible
from anlan.org.roles import Reach, Sensitivity, all_roles
from anlan.org.scope import Actor, Grant, acting
from anlan_cn.models import Dispute, KeyPlace
from tests.access_world import draw_parties, draw_records, draw_somebody
from tests.conftest import actor_of

PATHS = ("0001", "00010001", "00010002")
ROLES = tuple(role for role in all_roles() if not role.is_exclusive)
items = st.builds(Item, sensitivity=st.sampled_from(Sensitivity), is_identity=st.booleans())
kinds = st.builds(Kind, register=st.just("dispute"), sensitivity=st.sampled_from(list(Sensitivity)[:3]))


@st.composite
def grants(draw) -> Grant:
    role = draw(st.sampled_from(ROLES))
    if role.reach is Reach.SUBTREE:
        return Grant(role=role, unit_id=1, path=draw(st.sampled_from(PATHS)), institution_id=None)
    institution = draw(st.sampled_from((11, 12)))
    unit = institution * 10 + draw(st.integers(0, 1)) if role.reach is Reach.DEPARTMENT else institution
    return Grant(role=role, unit_id=unit, path=f"0001000{institution - 10}0001", institution_id=institution)


@st.composite
def cases(draw) -> Case:
    institution = draw(st.sampled_from((11, 12)))
    return Case(
        kind=draw(kinds),
        institution_id=institution,
        institution_path=f"0001000{institution - 10}0001",
        department_id=draw(st.sampled_from((None, institution * 10, institution * 10 + 1))),
        recorded_by_id=draw(st.sampled_from((None, 1, 2))),
        is_about_leaders=draw(st.booleans()),
        capacities=draw(st.frozensets(st.sampled_from(Capacity), max_size=2)),
    )


def person(posts: list[Grant]) -> Actor:
    return Actor(person_id=1, name="x", grants=tuple(posts), today=dt.date(2025, 1, 1))


@given(st.lists(grants(), max_size=3), grants(), cases(), items)
def test_one_more_post_never_sees_less(posts, one_more, case, item):
    before, after = person(posts), person([*posts, one_more])
    assert visible(before, case) <= visible(after, case)
    assert visible(before, case, item) <= visible(after, case, item)
    assert may_unmask(before, case, item) <= may_unmask(after, case, item)


@given(st.lists(grants(), min_size=1, max_size=3), cases(), items)
def test_more_clearance_never_sees_less(posts, case, item):
    def cleared(sensitivity: Sensitivity) -> Actor:
        return person(
            [dataclasses.replace(one, role=dataclasses.replace(one.role, sensitivity=sensitivity)) for one in posts]
        )

    for lower, higher in itertools.pairwise(Sensitivity):
        assert visible(cleared(lower), case, item) <= visible(cleared(higher), case, item)


@given(st.lists(grants(), max_size=3), cases(), items, st.sampled_from(sorted(set(Capacity) - ACCUSED)))
def test_one_more_part_in_the_case_never_sees_less_unless_it_accuses(posts, case, item, capacity):
    more = dataclasses.replace(case, capacities=case.capacities | {capacity})
    assert visible(person(posts), case, item) <= visible(person(posts), more, item)
    assert may_unmask(person(posts), case, item) <= may_unmask(person(posts), more, item)


@given(st.lists(grants(), max_size=3), cases(), items)
def test_what_is_never_shown(posts, case, item):
    actor, seen = person(posts), visible(person(posts), case, item)
    if item.sensitivity is Sensitivity.SEALED or visible(actor, case) is Sight.HIDDEN:
        assert seen is Sight.HIDDEN
        assert not may_unmask(actor, case, item)
    if item.is_identity:
        assert seen is not Sight.FULL
    if case.capacities & ACCUSED:
        assert not may_unmask(actor, case, item)
    if not posts and not case.capacities:
        assert seen is Sight.HIDDEN


@given(st.lists(grants(), max_size=3), cases())
def test_a_case_about_leaders_is_closed_to_the_institution(posts, case):
    case = dataclasses.replace(case, is_about_leaders=True, capacities=frozenset(), recorded_by_id=None)
    if all(one.role.reach is not Reach.SUBTREE for one in posts):
        assert visible(person(posts), case) is Sight.HIDDEN


# ── the two forms ───────────────────────────────────────────────────────────────────────────────────────────────────

DRAWN = 100  # records of each register


@pytest.mark.database
def test_the_database_keeps_exactly_the_rows_that_the_policy_shows(world):
    """Random records, posts and parties: for every role, the manager's rows are those that `visible` shows, one by one."""
    luck = random.Random(20251122)
    records = [*draw_records(world, luck, KeyPlace, DRAWN), *draw_records(world, luck, Dispute, DRAWN)]
    actors = [draw_somebody(luck, role, number) for number, role in enumerate(all_roles())]
    draw_parties(luck, records, [actor.person_id for actor in actors])
    from anlan.org.models import Person

    compared = shown = 0
    for person_id in [actor.person_id for actor in actors]:
        actor = actor_of(Person.objects.get(pk=person_id))
        for model in (KeyPlace, Dispute):
            attach_capacities(spec_of(model), [row for row in records if isinstance(row, model)], actor=actor)
        expected = {row.uid for row in records if visible(actor, case_of(row, actor=actor)) is not Sight.HIDDEN}
        with acting(actor):
            found = {uid for model in (KeyPlace, Dispute) for uid in model.objects.values_list("uid", flat=True)}
            within = {
                uid
                for model in (KeyPlace, Dispute)
                for place in Institution.objects.select_related("unit")
                for uid in model.objects.within(place).values_list("uid", flat=True)
            }
        assert found == within == expected, actor.grants
        compared, shown = compared + len(records), shown + len(expected)
    assert compared == 2 * DRAWN * len(all_roles())
    assert 0.05 < shown / compared < 0.6  # the draw is worth its while: neither empty nor everything


def test_clearance_of_a_stranger_is_none():
    case = Case(
        kind=Kind(register="x", sensitivity=Sensitivity.PUBLIC),
        institution_id=1,
        institution_path="0001",
        department_id=None,
        recorded_by_id=None,
    )
    assert clearance_on(person([]), case) == -1
