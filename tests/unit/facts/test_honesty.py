"""Honest times of real records: from a write to the shares, and the round that looks back."""

import datetime as dt

import pytest
from django.utils import timezone

from anlan.facts.honesty import Share, honest_shares, total
from anlan.facts.live import live_engine
from anlan.facts.schema import live_schema
from anlan.flow.drift_times import drift_of_times
from anlan.flow.hindsight import look_at_all, look_back
from anlan.flow.models import LookBack
from anlan.flow.perform import perform
from anlan.kernel.period import Period
from anlan.ledger.models import Entry, Leader, TreeHead
from anlan.ledger.placement import apart, placed_at
from anlan.ledger.sequencer import Sequencer
from anlan.measures import catalogue
from anlan.measures.engines import evaluate
from anlan.measures.honesty import Honesty
from anlan.measures.plan import make_plan
from anlan.org.scope import acting, as_system
from anlan_cn.models import Hazard
from tests.records import report_hazard

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NIGHT = dt.datetime(2025, 12, 28, 14, 30, tzinfo=dt.UTC)  # 22:30 in China
TEXT = "消防通道堆放杂物已责令清理"
YEAR_END = dt.date(2025, 12, 31)


def december(world, actor, *, count: int = 6) -> None:
    for month in range(1, count + 1):
        report_hazard(world.hospital_a, by=actor, at=NIGHT, occurred_on=dt.date(2025, month, 9), description=TEXT)


def look_up_to_here() -> None:
    Leader.objects.all().delete()  # the lease of the sequencer before this one
    Sequencer().run()
    LookBack.objects.update(at=None)
    look_back(now=timezone.now() + dt.timedelta(minutes=2))


def wrong_times() -> list[tuple[str, str, object]]:
    with as_system("test"):
        return [(one.number, one.column, one.row_says) for one in drift_of_times().drifts]


def tamper(number: str, **values: object) -> None:
    with as_system("somebody with SQL"):
        Hazard.objects.filter(number=number).update(**values)


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
    assert wrong_times() == []

    tamper("HZ-2025-0002", late_days=1, is_late=False)

    assert wrong_times() == [("HZ-2025-0002", "late_days", 1), ("HZ-2025-0002", "is_late", False)]


@pytest.mark.parametrize(("column", "value"), [("is_batch_entry", False), ("is_copied", False), ("is_copied", None)])
def test_what_the_later_look_found_and_somebody_changed_by_sql_is_named(world, li_actor, column, value):
    december(world, li_actor)
    look_up_to_here()
    assert wrong_times() == []

    tamper("HZ-2025-0002", **{column: value})

    assert wrong_times() == [("HZ-2025-0002", column, value)]


def test_what_the_later_look_has_not_reached_is_not_wrong_yet(world, li_actor):
    december(world, li_actor, count=3)
    look_up_to_here()
    december(world, li_actor)  # makes a batch of all, and copies of the first three
    assert wrong_times() == []

    with as_system("test"):
        look_at_all()
    assert wrong_times() == []  # and what was reached early is right as well


def test_a_text_that_was_corrected_waits_for_the_next_look(world, li_actor):
    december(world, li_actor)
    look_up_to_here()
    with acting(li_actor):
        for record in Hazard.objects.all()[1:]:
            perform(
                record, "correct", by=li_actor, reason="写错", description=f"第{record.pk}处另有情况，与其他月份不同"
            )
    assert wrong_times() == []

    look_up_to_here()
    assert wrong_times() == []
    with as_system("test"):
        assert set(Hazard.objects.values_list("is_copied", flat=True)) == {False}


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
