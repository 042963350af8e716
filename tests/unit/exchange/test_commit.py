"""Writing an import, cancelling it, taking it back."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from anlan.exchange.check import Checked
from anlan.exchange.commit import cancel, commit, open_batch, start, undo
from anlan.exchange.errors import CannotUndo, NotReady
from anlan.flow.errors import Conflict
from anlan.flow.models import Batch
from anlan.flow.perform import annul_many, perform
from anlan.flow.spec import find_register
from anlan.ledger.check import broken_entries
from anlan.ledger.models import Entry
from anlan.org.errors import NotAllowed
from anlan.org.scope import Actor, acting, as_system
from anlan_cn.models import Hazard
from tests.records import list_place
from tests.sheets import HAZARD, hazard, workbook
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.database]
Run = Callable[..., Checked]
LATER = (*HAZARD, "owner_post", "measures", "rectified_on", "verified_on")


def stored() -> list[Hazard]:
    with as_system("test"):
        return list(Hazard.objects.order_by("number"))


def test_rows_become_records_with_numbers_and_entries_that_name_file_batch_and_person(
    checked: Run, li_actor: Actor
) -> None:
    result = checked(workbook(HAZARD, hazard("2024-05-01"), hazard("2025-03-12"), hazard("2025-03-13")))
    batch = commit(result, by=li_actor)
    assert [record.number for record in stored()] == ["HZ-2024-0001", "HZ-2025-0001", "HZ-2025-0002"]
    assert batch.state == Batch.State.COMMITTED
    entry = Entry.objects.filter(register="hazard").order_by("pk").first()
    header = json.loads(entry.header)
    assert header["origin"] == "import"
    assert header["source"] == {"batch": batch.uid.hex, "file_sha256": result.report.file_sha256}
    assert header["actor"] == li_actor.person_id
    assert list(broken_entries()) == []


def test_a_file_with_one_bad_cell_writes_nothing(checked: Run, li_actor: Actor) -> None:
    result = checked(workbook(HAZARD, hazard(), hazard("18.3.5")))
    with pytest.raises(NotReady, match=r"^1 cells have to be mended first; nothing was written.$"):
        commit(result, by=li_actor)
    assert (stored(), Batch.objects.count(), Entry.objects.count()) == ([], 0, 0)


@pytest.mark.parametrize(
    ("cells", "state", "steps"),
    [
        ((), "found", ["report"]),
        (("Security office",), "assigned", ["report", "assign"]),
        (("Security office", "New lamp", "2025-03-20"), "rectified", ["report", "assign", "rectify"]),
        (
            ("Security office", "New lamp", "2025-03-20", "2025-03-25"),
            "verified",
            ["report", "assign", "rectify", "verify"],
        ),
    ],
)
def test_filled_columns_of_later_steps_carry_the_record_on(
    checked: Run, li_actor: Actor, cells: tuple[str, ...], state: str, steps: list[str]
) -> None:
    commit(checked(workbook(LATER, (*hazard(), *cells))), by=li_actor)
    assert [record.state for record in stored()] == [state]
    told = Entry.objects.filter(register="hazard").order_by("pk")
    assert list(told.values_list("step", flat=True)) == steps


def test_a_later_column_without_what_its_step_needs_is_an_error_not_a_loss(checked: Run) -> None:
    result = checked(workbook(LATER, (*hazard(), "Security office", "", "2025-03-20", "")))
    assert [(problem.place, problem.what, problem.expected) for problem in result.report.problems] == [
        (
            "G2",
            'The value is kept only with the step "Submit the rectification", which also needs: What was done.',
            "fill those columns too, or clear this cell",
        )
    ]
    assert (result.report.ready, result.report.states, result.ready) == (0, {}, [])


def test_a_reference_is_found_by_number_by_name_or_by_both_within_the_institution(
    checked: Run, li_actor: Actor, zhao_actor: Actor, world: World
) -> None:
    place = list_place(world.hospital_a, by=li_actor, name="门诊药房")
    list_place(world.hospital_b, by=zhao_actor, name="乙院药房")
    names = (place.number, "门诊药房", f"{place.number} 门诊药房")
    rows = [(*hazard(f"2025-03-{day}"), name) for day, name in zip((12, 13, 14), names, strict=True)]
    result = checked(workbook((*HAZARD, "place"), *rows))
    assert [item.record.place_id for item in result.ready] == [place.pk] * 3
    other = checked(workbook((*HAZARD, "place"), (*hazard(), "乙院药房")))
    assert [problem.what for problem in other.report.problems] == ["The institution has no such record."]


def test_a_name_that_two_records_have_asks_for_the_number(checked: Run, li_actor: Actor, world: World) -> None:
    list_place(world.hospital_a, by=li_actor, name="药房")
    list_place(world.hospital_a, by=li_actor, name="药房", kind="drug_store")
    result = checked(workbook((*HAZARD, "place"), (*hazard(), "药房")))
    assert [problem.what for problem in result.report.problems] == [
        "Several records have this name (KP-2025-0001, KP-2025-0002); write the number."
    ]


def test_a_department_is_found_by_code_or_name(checked: Run, world: World) -> None:
    result = checked(
        workbook(
            (*HAZARD, "department"),
            (*hazard(), "急诊科"),
            (*hazard("2025-03-13"), "A-IM"),
            (*hazard("2025-03-14"), "B-ER"),
        )
    )
    assert [item.record.department_id for item in result.ready] == [world.emergency_a.pk, world.medicine_a.pk]
    assert [problem.place for problem in result.report.problems] == ["E4"]


def test_a_record_that_is_there_already_is_named(checked: Run, li_actor: Actor) -> None:
    commit(checked(workbook(HAZARD, hazard())), by=li_actor)
    again = checked(workbook(HAZARD, hazard("2025-03-13"), hazard()))
    assert [(problem.row, problem.what) for problem in again.report.problems] == [
        (3, "The record HZ-2025-0001 is there already.")
    ]


def test_an_annulled_record_is_no_duplicate(checked: Run, li_actor: Actor) -> None:
    batch = commit(checked(workbook(HAZARD, hazard())), by=li_actor)
    undo(batch, by=li_actor)
    assert checked(workbook(HAZARD, hazard())).report.is_ready


def test_a_record_that_came_in_between_check_and_write_stops_the_write(checked: Run, li_actor: Actor) -> None:
    first, second = checked(workbook(HAZARD, hazard())), checked(workbook(HAZARD, hazard()))
    commit(first, by=li_actor)
    with pytest.raises(NotReady, match=r"came in since the check \(HZ-2025-0001\)"):
        commit(second, by=li_actor)
    assert len(stored()) == 1
    assert sorted(Batch.objects.values_list("state", flat=True)) == ["committed", "failed"]


def test_cancelling_a_running_import_stops_the_write(checked: Run, li_actor: Actor, world: World) -> None:
    result = checked(workbook(HAZARD, hazard()))
    batch = open_batch(find_register("hazard"), world.hospital_a, result.raw, name="a.xlsx", by=li_actor)
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.CHECKED, report=result.report.as_data())
    batch.refresh_from_db()
    start(batch)
    cancel(batch)
    with pytest.raises(NotReady, match=r"^The import was cancelled; nothing was written.$"):
        commit(result, by=li_actor, batch=batch)
    assert stored() == []


def test_undo_annuls_every_record_with_an_entry_and_deletes_nothing(checked: Run, li_actor: Actor) -> None:
    batch = commit(
        checked(workbook(LATER, (*hazard(), "Security office", "", "", ""), hazard("2025-03-13"))), by=li_actor
    )
    assert undo(batch, by=li_actor) == 2
    assert [(record.state, record.is_counted) for record in stored()] == [("annulled", False)] * 2
    last = json.loads(Entry.objects.filter(register="hazard").order_by("-pk").first().content)
    assert last == {"is_counted": False, "reason": "import undone", "state": "annulled"}
    assert batch.state == Batch.State.UNDONE
    assert list(broken_entries()) == []


def test_undo_refuses_when_a_record_moved_on_and_names_it(checked: Run, li_actor: Actor) -> None:
    batch = commit(checked(workbook(HAZARD, hazard(), hazard("2025-03-13"))), by=li_actor)
    with acting(li_actor):
        perform(Hazard.objects.get(number="HZ-2025-0002"), "assign", by=li_actor, owner_post="Security office")
    with pytest.raises(CannotUndo, match=r"^1 records of the import were changed since \(HZ-2025-0002\)."):
        undo(batch, by=li_actor)
    assert [record.state for record in stored()] == ["found", "assigned"]
    assert Batch.objects.get().state == Batch.State.COMMITTED


def test_an_import_is_undone_once(checked: Run, li_actor: Actor) -> None:
    batch = commit(checked(workbook(HAZARD, hazard())), by=li_actor)
    undo(batch, by=li_actor)
    with pytest.raises(CannotUndo, match=r"^Only an import that is written can be undone, and only once.$"):
        undo(batch, by=li_actor)


def test_who_may_not_import_may_neither_check_nor_undo(
    checked: Run, li_actor: Actor, wang_actor: Actor, qian_actor: Actor, zhao_actor: Actor
) -> None:
    batch = commit(checked(workbook(HAZARD, hazard())), by=li_actor)
    for stranger in (wang_actor, qian_actor, zhao_actor):
        with pytest.raises(NotAllowed):
            checked(workbook(HAZARD, hazard()), by=stranger)
        with pytest.raises(NotAllowed):
            undo(batch, by=stranger)
    assert [record.state for record in stored()] == ["found"]


def test_annulling_many_stops_when_one_was_changed_in_between(checked: Run, li_actor: Actor) -> None:
    commit(checked(workbook(HAZARD, hazard(), hazard("2025-03-13"))), by=li_actor)
    with acting(li_actor):
        records = list(Hazard.objects.order_by("pk"))
        perform(Hazard.objects.get(pk=records[1].pk), "assign", by=li_actor, owner_post="Security office")
        with pytest.raises(Conflict, match=r"some of the records were changed by somebody else"):
            annul_many(records, by=li_actor, reason="test")
    assert [record.state for record in stored()] == ["found", "assigned"]


def test_progress_is_told_while_checking_and_writing(checked: Run, li_actor: Actor) -> None:
    told: list[Any] = []
    rows = [hazard("2025-03-12", "fire", "general", f"no {number}") for number in range(650)]
    result = checked(workbook(HAZARD, *rows), progress=lambda done, total: told.append(("check", done, total)))
    commit(result, by=li_actor, progress=lambda done, total: told.append(("write", done, total)))
    assert told == [
        ("check", 200, 651),
        ("check", 400, 651),
        ("check", 600, 651),
        ("check", 651, 651),
        ("write", 500, 650),
        ("write", 650, 650),
    ]


@pytest.mark.parametrize(
    ("register", "heading", "row", "told"),
    [
        (
            "leading_group",
            ("occurred_on", "kind", "title", "document_no", "head_post"),
            ("2025-03-12", "leading_group", "Safe hospital", "2025-1", "President"),
            'Stays "Drafted": the next step is "Issue the document", and it needs 1 file(s) of evidence. Take it on screen.',
        ),
        (
            "programme_plan",
            ("occurred_on", "kind", "title", "goals", "ended_on"),
            ("2025-01-02", "year_plan", "Plan 2025", "No incident", "2026-01-01"),
            'Stays "Drafted": the next step is "Approve", and it is for others: can:approve. Take it on screen.',
        ),
    ],
)
def test_a_record_that_does_not_count_yet_says_what_it_waits_for(
    checked: Run, register: str, heading: tuple[str, ...], row: tuple[str, ...], told: str
) -> None:
    result = checked(workbook(heading, row), register=register)
    assert result.report.problems == []
    assert result.report.ready == 1
    assert [note.text for note in result.report.notes] == [told]


def test_what_an_import_brings_with_it_is_undone_too(checked: Run, li_actor: Actor, world: World) -> None:
    place = list_place(world.hospital_a, by=li_actor, name="门诊药房")
    heading = (
        "occurred_on",
        "place",
        "checker_post",
        "people_ok",
        "objects_ok",
        "technology_ok",
        "has_findings",
        "findings",
    )
    row = ("2025-03-12", place.number, "Guard", "是", "是", "否", "有", "Camera dark")
    batch = commit(checked(workbook(heading, row), register="key_place_check"), by=li_actor)
    assert [(record.state, record.batch_id) for record in stored()] == [("found", batch.pk)]
    assert undo(batch, by=li_actor) == 2
    assert [record.state for record in stored()] == ["annulled"]


def test_a_default_in_a_later_column_is_no_step(checked: Run, li_actor: Actor) -> None:
    heading = ("occurred_on", "severity", "mediation", "mediation_record_no")
    result = checked(workbook(heading, ("2025-03-12", "general", "none", "")), register="dispute")
    assert result.report.problems == []
    assert [prepared.step for prepared, _by in result.ready[0].steps] == ["accept"]
