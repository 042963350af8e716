"""Which headings a sheet may have, and what is said when they are not those of the register."""

from collections.abc import Callable
from typing import Any

import pytest

from anlan.exchange.check import Checked
from anlan.exchange.errors import BadFile
from tests.sheets import HAZARD, hazard, workbook

pytestmark = pytest.mark.django_db
Run = Callable[..., Checked]


def problems(result: Checked) -> list[tuple[str, str, str]]:
    return [(problem.place, problem.what, problem.expected) for problem in result.report.problems]


def test_codes_and_english_headings_are_read_in_any_order_with_stars_spaces_and_full_width_letters(
    checked: Run,
) -> None:
    result = checked(
        workbook(("What was found *", " level ", "Ａrea", "Found  on*"), ("Exit blocked", "major", "fire", "2025-3-5"))
    )
    assert problems(result) == []
    assert result.ready[0].record.description == "Exit blocked"
    assert result.ready[0].record.level == "major"


def test_a_title_above_the_headings_is_passed_over_and_rows_keep_their_numbers(checked: Run) -> None:
    result = checked(workbook(("东城区第一人民医院隐患台账",), (), HAZARD, hazard("bad")))
    assert problems(result) == [("A4", "This is no date.", "a date such as 2025-03-12, 2025.3.12 or 2025年3月12日")]


def test_an_unknown_column_names_the_nearest(checked: Run) -> None:
    result = checked(workbook((*HAZARD, "Rectifed on"), (*hazard(), "2025-03-20")))
    assert problems(result) == [("E1", "The register has no such column.", 'the nearest heading is "Rectified on"')]


def test_a_missing_required_column_is_named_with_what_it_takes(checked: Run) -> None:
    result = checked(workbook(("occurred_on", "level", "description"), ("2025-3-5", "major", "x")))
    assert result.report.problems[0].what == 'The required column "Area" is missing.'
    assert result.report.problems[0].expected.startswith("one of: Fire safety; ")
    assert result.report.rows == 0


def test_a_missing_optional_column_takes_its_default(checked: Run) -> None:
    result = checked(workbook(("occurred_on", "area", "description"), ("2025-3-5", "fire", "x")))
    assert problems(result) == []
    assert result.ready[0].record.level == "general"


def test_a_column_that_is_there_twice_is_refused(checked: Run) -> None:
    result = checked(workbook((*HAZARD, "Area"), (*hazard(), "fire")))
    assert problems(result) == [("E1", "The column is there twice; the other is B.", "one column")]


def test_values_below_an_empty_heading_are_not_lost_in_silence(checked: Run) -> None:
    result = checked(workbook(HAZARD, (*hazard(), "a remark")))
    assert problems(result) == [
        ("E1", "The column has values but no heading.", "a heading of the template, or no values")
    ]


def test_the_sheet_with_the_most_headings_is_read_and_the_other_is_mentioned(checked: Run) -> None:
    def more(book: Any, _sheet: Any) -> None:
        other = book.add_worksheet("2024")
        other.write_row(0, 0, HAZARD[:3])

    result = checked(workbook(HAZARD, hazard(), more=more, name="2025"))
    assert result.report.sheet == "2025"
    assert [note.text for note in result.report.notes] == [
        'Sheet "2024" has such headings too and was not read; only "2025" was.'
    ]


def test_a_workbook_without_such_a_sheet_names_its_sheets_and_the_headings_looked_for(checked: Run) -> None:
    with pytest.raises(
        BadFile,
        match=r"^No sheet has the headings of this register. Sheets: 工资表. Headings looked for: Found on, Area",
    ):
        checked(workbook(("姓名", "工资"), ("李", 1), name="工资表"))


def test_headings_without_rows_are_refused(checked: Run) -> None:
    with pytest.raises(BadFile, match=r"^The sheet has headings but no rows to import.$"):
        checked(workbook(HAZARD))
