"""Periods and what is due in them."""

import datetime

import pytest

from anlan.kernel.errors import BadPeriod
from anlan.kernel.period import Period, month_index, years_back

D = datetime.date


@pytest.mark.parametrize(
    ("text", "start", "end", "kind"),
    [
        ("2025", D(2025, 1, 1), D(2025, 12, 31), "year"),
        ("2025Q1", D(2025, 1, 1), D(2025, 3, 31), "quarter"),
        ("2025-Q4", D(2025, 10, 1), D(2025, 12, 31), "quarter"),
        ("2024-02", D(2024, 2, 1), D(2024, 2, 29), "month"),
        (" 2025-7 ", D(2025, 7, 1), D(2025, 7, 31), "month"),
    ],
)
def test_period_is_read_from_text(text: str, start: D, end: D, kind: str) -> None:
    period = Period.parse(text)
    assert (period.start, period.end, period.kind) == (start, end, kind)


@pytest.mark.parametrize("text", ["", "25", "2025Q5", "2025-13", "2025-00", "2025/07", "二〇二五"])
def test_text_that_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(BadPeriod):
        Period.parse(text)


@pytest.mark.parametrize("text", ["2025", "2025Q3", "2025-07"])
def test_period_writes_itself_as_it_is_read(text: str) -> None:
    assert str(Period.parse(text)) == text


@pytest.mark.parametrize(
    ("as_of", "months", "quarters"),
    [
        (D(2024, 12, 31), 0, 0),
        (D(2025, 1, 30), 0, 0),
        (D(2025, 1, 31), 1, 0),
        (D(2025, 3, 31), 3, 1),
        (D(2025, 12, 30), 11, 3),
        (D(2025, 12, 31), 12, 4),
        (D(2026, 5, 1), 12, 4),
    ],
)
def test_a_month_or_quarter_is_due_when_its_last_day_has_passed(as_of: D, months: int, quarters: int) -> None:
    year = Period.year(2025)
    assert (len(year.due_months(as_of)), len(year.due_quarters(as_of))) == (months, quarters)


def test_a_month_has_no_quarters() -> None:
    assert Period.month(2025, 3).quarters() == ()


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (D(2025, 6, 15), 1, D(2024, 6, 15)),
        (D(2025, 2, 28), 1, D(2024, 2, 29)),
        (D(2024, 2, 29), 1, D(2023, 2, 28)),
        (D(2024, 2, 28), 1, D(2023, 2, 28)),
    ],
)
def test_the_end_of_a_month_stays_its_end_in_an_earlier_year(day: D, years: int, expected: D) -> None:
    assert years_back(day, years) == expected


def test_month_index_grows_by_one_over_new_year() -> None:
    assert month_index(D(2026, 1, 1)) - month_index(D(2025, 12, 31)) == 1


def test_before_the_calendar_begins_there_is_its_first_day() -> None:
    assert years_back(datetime.date(1, 1, 2), 1) == datetime.date(1, 1, 1)
    assert years_back(datetime.date(2, 3, 31), 1) == datetime.date(1, 3, 31)
