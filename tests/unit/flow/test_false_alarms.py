"""No finding without a fault: what people do honestly is never called tampering, before the look back and after it.

A scenario is a function of `SCENARIOS`; what it leaves is compared at once, after the sequencer, after the look back, and after a
second one. Every register joins through the demo city (`tests/unit/config/test_demo.py`).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from anlan.exchange.check import Checked
from anlan.exchange.commit import commit, undo
from anlan.flow.drift import all_drift
from anlan.flow.erasure import approve, request_erasure
from anlan.flow.hindsight import look_at_all, look_back
from anlan.flow.models import LookBack
from anlan.flow.perform import perform
from anlan.flow.spec import find_register
from anlan.ledger.models import Entry, Leader, TreeHead
from anlan.ledger.sequencer import Sequencer
from anlan.org.scope import Actor, acting, as_system
from anlan_cn.models import Hazard
from tests.records import NOON, list_place, report_hazard
from tests.sheets import HAZARD, hazard, workbook
from tests.spec.conftest import checked
from tests.world import World

__all__ = ["checked"]
pytestmark = [pytest.mark.database, pytest.mark.django_db]

TEXT = "消防通道堆放杂物已责令清理并复查"
CHECK = ("occurred_on", "place", "checker_post", "people_ok", "objects_ok", "technology_ok", "has_findings", "findings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who acts where, and what checks a sheet."""

    world: World
    li: Actor
    others: tuple[Actor, ...]
    checked: Callable[..., Checked]

    def report(self, count: int, **data: Any) -> list[Hazard]:
        """Report hazards within one minute, with texts that stand in other months too."""
        days = [dt.date(2025, 1 + number % 3, 9) for number in range(count)]
        return [
            report_hazard(self.world.hospital_a, by=self.li, **{"occurred_on": day, "description": TEXT} | data)
            for day in days
        ]

    def import_checks(self) -> Any:
        """Import a check of a key place, which opens a hazard."""
        place = list_place(self.world.hospital_a, by=self.li, name="门诊药房")
        row = ("2025-03-12", place.number, "Guard", "是", "是", "否", "有", "Camera dark since the storm")
        return commit(self.checked(workbook(CHECK, row), register="key_place_check"), by=self.li)


def place_all() -> None:
    """Let the tree receive what waits."""
    Leader.objects.all().delete()  # the lease of the sequencer before this one
    Sequencer().run()


def look(*, ahead: dt.timedelta = dt.timedelta(minutes=2)) -> None:
    """Let the tree receive what waits, and look back at it."""
    place_all()
    LookBack.objects.update(at=None)
    look_back(now=timezone.now() + ahead)


def found() -> list[tuple[str, str, str]]:
    with as_system("test"):
        return [(drift.fault.value, drift.place, drift.column) for drift in all_drift()]


def a_minute_that_goes_on_after_a_look(scene: Scene) -> None:
    scene.report(3)
    look()
    scene.report(4)


def a_look_while_the_minute_is_not_over(scene: Scene) -> None:
    scene.report(3)
    place_all()
    scene.report(4)
    LookBack.objects.update(at=None)
    look_back(now=timezone.now() + dt.timedelta(minutes=2))  # sees seven, and the tree has three


def a_seal_that_looks_at_everything_and_a_minute_that_goes_on(scene: Scene) -> None:
    scene.report(3)
    with as_system("as a seal does"):
        look_at_all()
    scene.report(4)


def a_seal_between_two_looks(scene: Scene) -> None:
    scene.report(4)
    look()
    scene.report(2)
    with as_system("as a seal does"):
        look_at_all()
    place_all()


def an_import_that_opens_a_hazard(scene: Scene) -> None:
    scene.import_checks()


def an_import_that_opens_a_hazard_and_is_undone(scene: Scene) -> None:
    undo(scene.import_checks(), by=scene.li)


def an_import_of_many_rows_in_the_minute_of_others(scene: Scene) -> None:
    scene.report(3)
    look()
    rows = [hazard("2025-03-12", "fire", "general", f"{TEXT} no {number}") for number in range(8)]
    commit(scene.checked(workbook(HAZARD, *rows)), by=scene.li, at=NOON)


def corrections_of_texts_and_days(scene: Scene) -> None:
    records = scene.report(6)
    look()
    with acting(scene.li):
        for number, record in enumerate(records[1:]):
            perform(record, "correct", by=scene.li, reason="写错", description=f"第{number}处另有情况，与其他月份不同")
        perform(records[0], "correct", by=scene.li, reason="写错", occurred_on=dt.date(2024, 12, 3))


def an_annulment(scene: Scene) -> None:
    records = scene.report(6)
    with acting(scene.li):
        perform(records[0], "annul", by=scene.li, reason="重复")


def an_erasure_out_of_a_batch(scene: Scene) -> None:
    at = dt.datetime(2020, 3, 10, 4, 0, tzinfo=dt.UTC)
    records = scene.report(5, at=at, occurred_on=dt.date(2020, 3, 9))
    look()
    day, one = dt.date(2020, 3, 12), records[0]
    with acting(scene.li):
        perform(one, "annul", by=scene.li, at=at + dt.timedelta(days=1), reason=f"重复 {day}")
    erasure = request_erasure(one, by=scene.li, ground="pipl-47-purpose", reason="误录他人信息")
    for person in scene.others:
        erasure = approve(erasure, by=person)
    assert erasure.state == "erased"


def a_clock_that_is_set_back(scene: Scene) -> None:
    scene.report(3, at=timezone.now())
    look()
    scene.report(4, at=timezone.now() - dt.timedelta(hours=1))
    look(ahead=dt.timedelta(hours=-2))


def a_head_of_a_server_whose_clock_is_behind(scene: Scene) -> None:
    scene.report(3)
    place_all()
    TreeHead.objects.update(at=timezone.now() - dt.timedelta(minutes=10))
    look_back(now=timezone.now())
    scene.report(4)


def a_record_that_is_committed_long_after_its_minute(scene: Scene) -> None:
    scene.report(6, at=NOON + dt.timedelta(hours=2))
    look()
    scene.report(2, at=NOON)
    look()
    scene.report(5, at=NOON + dt.timedelta(seconds=20))


SCENARIOS = (
    a_minute_that_goes_on_after_a_look,
    a_look_while_the_minute_is_not_over,
    a_seal_that_looks_at_everything_and_a_minute_that_goes_on,
    a_seal_between_two_looks,
    an_import_that_opens_a_hazard,
    an_import_that_opens_a_hazard_and_is_undone,
    an_import_of_many_rows_in_the_minute_of_others,
    corrections_of_texts_and_days,
    an_annulment,
    an_erasure_out_of_a_batch,
    a_clock_that_is_set_back,
    a_head_of_a_server_whose_clock_is_behind,
    a_record_that_is_committed_long_after_its_minute,
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
def test_what_people_do_is_no_finding(
    scenario: Callable[[Scene], None],
    world: World,
    li_actor: Actor,
    wang_actor: Actor,
    chen_actor: Actor,
    checked: Callable[..., Checked],
) -> None:
    scenario(Scene(world=world, li=li_actor, others=(wang_actor, chen_actor), checked=checked))
    assert found() == []
    place_all()
    assert found() == []
    look()
    assert found() == []
    look()
    assert found() == []


def test_after_the_look_each_record_says_what_follows_from_all(world: World, li_actor: Actor) -> None:
    scene = Scene(world=world, li=li_actor, others=(), checked=lambda: None)
    a_minute_that_goes_on_after_a_look(scene)
    look()
    with as_system("test"):
        assert set(Hazard.objects.values_list("is_batch_entry", "is_copied")) == {(True, True)}
    assert LookBack.objects.get().size == Entry.objects.count()


def test_a_record_is_not_judged_before_the_tree_has_it(world: World, li_actor: Actor) -> None:
    scene = Scene(world=world, li=li_actor, others=(), checked=lambda: None)
    a_look_while_the_minute_is_not_over(scene)
    with as_system("test"):
        marks = list(Hazard.objects.order_by("pk").values_list("is_batch_entry", "is_copied"))
    assert marks == [(False, True)] * 3 + [(None, None)] * 4


def test_a_look_that_was_overtaken_stores_nothing_old(
    world: World, li_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its reading and its storing four more records come, and another look judges all seven."""
    from anlan.flow import hindsight

    scene, spec, read = Scene(world=world, li=li_actor, others=(), checked=lambda: None), find_register("hazard"), []
    scene.report(3)
    whole = hindsight.readable

    def slow(rows: Any) -> list[Any]:
        found_rows = whole(rows)
        if not read:
            read.append(len(found_rows))
            scene.report(4)
            with as_system("another worker"):
                hindsight.look_at(spec, world.hospital_a.pk)
        return found_rows

    monkeypatch.setattr(hindsight, "readable", slow)
    with as_system("test"):
        hindsight.look_at(spec, world.hospital_a.pk)
        assert read == [3]
        assert set(Hazard.objects.values_list("is_batch_entry", flat=True)) == {True}
