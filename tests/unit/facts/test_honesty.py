"""Honest times of real records: from a write to the shares, and the round that looks back."""

import datetime as dt

import pytest
from django.utils import timezone

from anlan.facts.honesty import Share, honest_shares, total
from anlan.facts.live import live_engine
from anlan.facts.schema import live_schema
from anlan.flow.hindsight import look_at_all, look_back, wrong_hindsight
from anlan.flow.models import LookBack
from anlan.flow.perform import perform
from anlan.flow.times import wrong_times
from anlan.kernel.period import Period
from anlan.ledger.models import Entry, TreeHead
from anlan.ledger.placement import apart, placed_at
from anlan.ledger.sequencer import Sequencer
from anlan.measures import catalogue
from anlan.measures.engines import evaluate
from anlan.measures.honesty import Honesty
from anlan.measures.plan import make_plan
from anlan.org.scope import acting, as_system
from anlan_cn.models import Hazard, KeyPlace
from tests.records import list_place, report_hazard

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NIGHT = dt.datetime(2025, 12, 28, 14, 30, tzinfo=dt.UTC)  # 22:30 in China
TEXT = "消防通道堆放杂物已责令清理"
YEAR_END = dt.date(2025, 12, 31)


def december(world, actor, *, count: int = 6) -> None:
    for month in range(1, count + 1):
        report_hazard(world.hospital_a, by=actor, at=NIGHT, occurred_on=dt.date(2025, month, 9), description=TEXT)


def shares_of(world, *, as_of: dt.date = YEAR_END):
    return honest_shares([world.hospital_a.pk, world.hospital_b.pk], year=2025, as_of=as_of)


def test_a_year_written_in_december_stands_out(world, li_actor, zhao_actor):
    december(world, li_actor)
    report_hazard(world.hospital_b, by=zhao_actor)
    look_at_all()

    found = shares_of(world)

    assert [total(found[world.hospital_a.pk], kind) for kind in Honesty] == [Share(part=6, of=6)] * 5
    assert [total(found[world.hospital_b.pk], kind).part for kind in Honesty] == [0, 0, 0, 0, 0]
    assert found[world.hospital_a.pk]["hazard", Honesty.BURST] == Share(part=6, of=6)
    assert found[world.hospital_a.pk]["dispute", Honesty.LATE] == Share(part=0, of=0)


def test_a_correction_of_the_day_moves_the_lateness_and_says_nothing_of_it_in_the_ledger(world, li_actor):
    at = dt.datetime(2025, 3, 10, 4, 0, tzinfo=dt.UTC)
    hazard = report_hazard(world.hospital_a, by=li_actor, at=at, occurred_on=dt.date(2025, 3, 10))
    with acting(li_actor):
        entry = perform(hazard, "correct", by=li_actor, reason="日期写错", occurred_on=dt.date(2025, 1, 2))
        hazard.refresh_from_db()

    assert (hazard.late_days, hazard.is_late, hazard.recorded_on) == (67, True, dt.date(2025, 3, 10))
    assert "late" not in entry.content


def test_the_round_looks_at_what_the_tree_received_and_notes_its_place(world, li_actor):
    december(world, li_actor)
    Sequencer().run()
    later = timezone.now() + dt.timedelta(minutes=2)

    assert (look_back(now=later), look_back(now=later)) == (1, 0)
    with as_system("test"):
        assert set(Hazard.objects.values_list("is_batch_entry", "is_copied")) == {(True, True)}
    assert LookBack.objects.get().size == Entry.objects.count()


def test_the_round_waits_until_a_minute_is_over(world, li_actor):
    december(world, li_actor)
    Sequencer().run()

    assert look_back(now=timezone.now()) == 0
    assert LookBack.objects.get().size == 0


def test_the_round_fills_in_times_that_an_update_left_open(world, li_actor):
    december(world, li_actor, count=1)
    with as_system("test"):
        Hazard.objects.update(is_late=None, is_night_entry=None)
        look_at_all()
        assert list(Hazard.objects.values_list("is_late", "is_night_entry")) == [(True, True)]


def test_a_lateness_that_somebody_changed_by_sql_is_named(world, li_actor):
    december(world, li_actor, count=2)
    assert list(wrong_times()) == []

    with as_system("test"):
        Hazard.objects.filter(number="HZ-2025-0002").update(late_days=1, is_late=False)

    found = [(spec.code, number, name) for spec, number, name in wrong_times()]
    assert found == [("hazard", "HZ-2025-0002", "late_days"), ("hazard", "HZ-2025-0002", "is_late")]


def test_a_batch_or_copy_that_somebody_changed_by_sql_is_named_once_it_was_looked_at(world, li_actor):
    december(world, li_actor)
    list_place(world.hospital_a, by=li_actor)
    with as_system("test"):
        Hazard.objects.filter(number="HZ-2025-0002").update(is_batch_entry=False, is_copied=False)
        assert list(wrong_hindsight()) == []  # the next look answers first
        Sequencer().run()
        look_back(now=timezone.now() + dt.timedelta(minutes=2))
        assert list(wrong_hindsight()) == []
        Hazard.objects.filter(number="HZ-2025-0002").update(is_batch_entry=False)
        Hazard.objects.filter(number="HZ-2025-0003").update(is_copied=False)
        KeyPlace.objects.update(is_batch_entry=True)

    found = {(spec.code, number, name) for spec, number, name in wrong_hindsight()}
    assert found == {
        ("hazard", "HZ-2025-0002", "is_batch_entry"),
        ("hazard", "HZ-2025-0003", "is_copied"),
        ("key_place", "KP-2025-0001", "is_batch_entry"),
    }


def test_a_rubric_asks_for_them_as_for_any_ratio(world, li_actor):
    december(world, li_actor)
    look_at_all()
    plan = make_plan(catalogue.pick(["honest_late_hazard", "honest_copied_all"]), schema=live_schema())

    table = evaluate(
        plan, period=Period.year(2025), as_of=YEAR_END, engine=live_engine(), institutions=(world.hospital_a.pk,)
    )

    assert {name: values[0] for name, values in table.columns.items()} == {
        "honest_late_hazard_num": 6,
        "honest_late_hazard_den": 6,
        "honest_copied_all_num": 6,
        "honest_copied_all_den": 6,
    }


def test_an_entry_whose_tree_time_lies_apart_is_found(world, li_actor):
    now = timezone.now()
    set_back = now - dt.timedelta(minutes=6)
    hazard = report_hazard(world.hospital_a, by=li_actor, at=set_back)
    report_hazard(world.hospital_a, by=li_actor, at=now)
    Sequencer().run()

    span = {"since": now - dt.timedelta(days=1), "until": now + dt.timedelta(days=1)}
    found = apart(world.hospital_a.pk, minutes=5, **span)

    assert [entry.record_uid for entry in found] == [hazard.uid]
    assert placed_at([found[0].pk])[found[0].pk] == TreeHead.objects.get().at
    assert apart(world.hospital_a.pk, minutes=7, **span).count() == 0
