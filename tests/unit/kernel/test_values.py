"""Dated parameters and working days."""

import datetime

import pytest

from anlan.kernel.parameter import Parameter, UnknownParameter, declare_parameter, find_parameter
from anlan.kernel.workdays import WorkingDayTable, add_working_days

D = datetime.date
TABLE = WorkingDayTable(
    years=frozenset({2025}),
    off=frozenset({D(2025, 10, day) for day in (1, 2, 3, 6, 7, 8)}),
    on=frozenset({D(2025, 9, 28), D(2025, 10, 11)}),
)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (D(2025, 9, 26), 1, D(2025, 9, 28)),  # a make-up Sunday
        (D(2025, 9, 30), 1, D(2025, 10, 9)),  # over the holidays
        (D(2025, 9, 30), 3, D(2025, 10, 11)),  # Thursday, Friday, a make-up Saturday
        (D(2026, 3, 6), 1, D(2026, 3, 9)),  # an uncovered year: Monday to Friday
    ],
)
def test_working_days_skip_holidays_and_count_makeup_days(start: D, days: int, expected: D) -> None:
    assert add_working_days(start, days, table=TABLE) == expected


def test_an_uncovered_year_is_provisional() -> None:
    assert not TABLE.is_provisional(D(2025, 5, 1))
    assert TABLE.is_provisional(D(2026, 5, 1))


def test_a_deadline_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="give 1 or more"):
        add_working_days(D(2025, 1, 1), 0, table=TABLE)


def _row(value: int, since: D) -> Parameter:
    return Parameter(
        code="test.days", value=value, unit="days", starts_on=since, instrument="test", clause="T-1", verified=False
    )


def test_parameter_gives_the_row_in_force_on_the_day() -> None:
    declare_parameter(_row(20, D(2024, 1, 1)))
    declare_parameter(_row(15, D(2020, 1, 1)))
    assert find_parameter("test.days", on=D(2023, 12, 31)).value == 15
    assert find_parameter("test.days", on=D(2024, 1, 1)).value == 20


def test_parameter_before_its_first_row_is_refused() -> None:
    declare_parameter(_row(15, D(2020, 1, 1)))
    with pytest.raises(UnknownParameter, match=r"No parameter .test\.days. was in force on 2019-12-31"):
        find_parameter("test.days", on=D(2019, 12, 31))
