"""Points, canonical JSON, dated parameters and working days."""

import datetime
import uuid
from decimal import Decimal

import pytest

from anlan.kernel.canonical import canonical_hash, canonical_json
from anlan.kernel.citation import Citation
from anlan.kernel.errors import BadParameter, BadPoints, NotCanonical, ParameterMissing
from anlan.kernel.parameter import DatedValue, Parameter, ParameterTable
from anlan.kernel.points import divide_half_up, parse_points, show_points
from anlan.kernel.workdays import Reckoned, WorkdayTable, add_workdays, workdays_between

D = datetime.date


@pytest.mark.parametrize(
    ("hundredths", "text"), [(0, "0"), (50, "0.5"), (300, "3"), (1000, "10"), (-25, "-0.25"), (8505, "85.05")]
)
def test_points_are_shown_and_read_without_needless_decimals(hundredths: int, text: str) -> None:
    assert show_points(hundredths) == text
    assert parse_points(text) == hundredths


@pytest.mark.parametrize("text", ["", "1.234", "1,5", "a", "--1", "1."])
def test_text_that_is_no_number_of_points_is_refused(text: str) -> None:
    with pytest.raises(BadPoints, match="at most two decimals"):
        parse_points(text)


def test_full_width_digits_are_digits() -> None:
    assert parse_points("１") == 100


@pytest.mark.parametrize(
    ("above", "below", "expected"), [(5, 2, 3), (4, 3, 1), (-5, 2, -2), (0, 7, 0), (850000, 85, 10000)]
)
def test_a_half_is_rounded_up(above: int, below: int, expected: int) -> None:
    assert divide_half_up(above, below) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": None}, '{"a":null,"b":1}'),
        ({"时间": D(2025, 3, 1)}, '{"时间":"2025-03-01"}'),
        (
            datetime.datetime(2025, 3, 1, 16, tzinfo=datetime.timezone(datetime.timedelta(hours=8))),
            '"2025-03-01T08:00:00.000000Z"',
        ),
        (Decimal("1.50"), '"1.5"'),
        (Decimal("1E+2"), '"100"'),
        (Decimal("-0.00"), '"0"'),
        (uuid.UUID("12345678-1234-5678-1234-567812345678"), '"12345678-1234-5678-1234-567812345678"'),
        ((1, True, "€"), '[1,true,"€"]'),
        (2**53 - 1, "9007199254740991"),
        (2**53, '"9007199254740992"'),
    ],
)
def test_every_accepted_type_has_one_canonical_text(value: object, text: str) -> None:
    assert canonical_json(value).decode() == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [0.5]}, r"\$\.a\[0\] is a float"),
        (datetime.datetime(2025, 3, 1), "without a time zone"),
        ({"a": {1, 2}}, r"\$\.a is a set"),
        (b"x", r"\$ is a bytes"),
        ({1: "a"}, "has the key 1"),
        (Decimal("NaN"), "no canonical form"),
        ("\ud800", "canonical JSON"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(value: object, message: str) -> None:
    with pytest.raises(NotCanonical, match=message):
        canonical_json(value)


def test_hash_is_that_of_the_canonical_bytes() -> None:
    expected = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # SHA-256 of the two bytes {}
    assert canonical_hash({}).hex() == expected


LAW = Citation(instrument="law-2018", clause="A5")


def _value(value: int, start: D, end: D | None = None) -> DatedValue:
    return DatedValue(value=value, starts_on=start, ends_on=end, citation=LAW)


def test_parameter_gives_the_value_in_force_on_the_day() -> None:
    days = Parameter(
        name="days", unit="days", values=(_value(10, D(2021, 1, 1)), _value(15, D(2018, 1, 1), D(2020, 12, 31)))
    )
    assert [days.on(day).value for day in (D(2018, 1, 1), D(2020, 12, 31), D(2021, 1, 1))] == [15, 15, 10]
    assert str(days.on(D(2021, 1, 1)).citation) == "law-2018 A5"
    with pytest.raises(ParameterMissing, match='"days" has no value on 2017-12-31'):
        days.on(D(2017, 12, 31))


def test_parameter_whose_values_overlap_is_refused() -> None:
    with pytest.raises(BadParameter, match="still holds on 2021-01-01"):
        Parameter(name="days", unit="days", values=(_value(15, D(2018, 1, 1)), _value(10, D(2021, 1, 1))))


def test_unknown_parameter_is_refused_with_the_known_ones() -> None:
    table = ParameterTable([Parameter(name="days", unit="days", values=(_value(1, D(2020, 1, 1)),))])
    with pytest.raises(ParameterMissing, match="Known: days"):
        table.on("hours", D(2025, 1, 1))


# 2025: National Day and Mid-Autumn 1–8 October off; 28 September and 11 October worked
TABLE = WorkdayTable(
    years=frozenset({2025}),
    holidays=frozenset(D(2025, 10, day) for day in range(1, 9)),
    makeup_days=frozenset({D(2025, 9, 28), D(2025, 10, 11)}),
)


@pytest.mark.parametrize(
    ("start", "days", "expected", "provisional"),
    [
        (D(2025, 9, 26), 1, D(2025, 9, 28), False),
        (D(2025, 9, 30), 1, D(2025, 10, 9), False),
        (D(2025, 9, 30), 3, D(2025, 10, 11), False),
        (D(2025, 10, 1), 0, D(2025, 10, 9), False),
        (D(2025, 10, 9), 0, D(2025, 10, 9), False),
        (D(2025, 12, 31), 1, D(2026, 1, 1), True),
    ],
)
def test_working_days_skip_holidays_and_count_makeup_days(start: D, days: int, expected: D, provisional: bool) -> None:
    assert add_workdays(start, days, table=TABLE) == Reckoned(day=expected, is_provisional=provisional)


def test_working_days_between_agree_with_walking() -> None:
    assert workdays_between(D(2025, 9, 30), D(2025, 10, 11), table=TABLE) == 3
    assert workdays_between(D(2025, 10, 11), D(2025, 9, 30), table=TABLE) == 0


def test_a_deadline_in_the_past_is_refused() -> None:
    with pytest.raises(ValueError, match="reckoned forwards"):
        add_workdays(D(2025, 9, 30), -1, table=TABLE)
