"""What each way of writing a cell means on import, or why it is refused. A table of the manual, "Spreadsheets"."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import translation

from anlan.exchange.cells import BadCell, convert
from anlan.exchange.check import Checked
from anlan.exchange.columns import columns_of
from anlan.flow.spec import find_register
from tests.sheets import HAZARD, comma_text, hazard, workbook

pytestmark = pytest.mark.django_db

MARCH_5 = dt.date(2018, 3, 5)

# as written in the cell → the day
DATES = [
    (43164.0, MARCH_5),
    (43164, MARCH_5),
    (dt.date(2018, 3, 5), MARCH_5),
    (dt.datetime(2018, 3, 5, 14, 30), MARCH_5),  # noqa: DTZ001
    ("2018.3.5", MARCH_5),
    ("2018/3/5", MARCH_5),
    ("2018-03-05", MARCH_5),
    ("2018年3月5日", MARCH_5),
    ("2018 年 3 月 5 日", MARCH_5),
    ("2018年3月5号", MARCH_5),
    ("20180305", MARCH_5),
    (20180305.0, MARCH_5),
    ("２０１８．３．５", MARCH_5),
    ("  2018-3-5\u3000", MARCH_5),
    ("2018-03-05 08:15:00", MARCH_5),
    ("2018-3", dt.date(2018, 3, 1)),
    ("2018年3月", dt.date(2018, 3, 1)),
    ("2018.10", dt.date(2018, 10, 1)),
    ("2020-2-29", dt.date(2020, 2, 29)),
]

BAD_DATES = [
    ("18.3.5", "The year needs four digits."),
    ("18-3", "The year needs four digits."),
    ("2019-2-29", "There is no such day in the calendar."),
    ("2018-13-1", "There is no such day in the calendar."),
    ("3/5/2018", "This is no date."),
    ("昨天", "This is no date."),
    ("2018", "This is no date."),
    (2018.0, "A year alone is no date; add month and day."),
    (
        2018.1,
        "Excel keeps this as a number, so 2018.1 and 2018.10 are the same to it; write the month as text, 2018-10.",
    ),
    (-5.0, "The number is no date of Excel's calendar."),
    (99999999.0, "The year 9999 lies outside 1900–2100."),
    (True, "This is no date."),
    ("#N/A", "The cell shows the error #N/A of a formula."),
]

YES = ["是", "有", "√", "✓", "Y", "y", "yes", "TRUE", "1", 1.0, True, "Ｙ", "１", " 是 "]
NO = ["否", "无", "×", "N", "no", "FALSE", "0", 0.0, False, "Ｎ", "０"]


def column(register: str, name: str) -> Any:
    return next(column for column in columns_of(find_register(register)) if column.name == name)


@pytest.mark.parametrize(("cell", "day"), DATES)
def test_a_date_is_read_however_it_is_written(cell: Any, day: dt.date) -> None:
    assert convert(column("hazard", "occurred_on"), cell).value == day


@pytest.mark.parametrize(("cell", "why"), BAD_DATES)
def test_a_date_that_could_mean_two_things_or_none_is_refused(cell: Any, why: str) -> None:
    with pytest.raises(BadCell) as caught:
        convert(column("hazard", "occurred_on"), cell)
    assert str(caught.value) == why


def test_a_number_in_a_workbook_of_the_1904_calendar_is_shifted() -> None:
    assert convert(column("hazard", "occurred_on"), 41702.0, is_1904=True).value == MARCH_5


@pytest.mark.parametrize(("cells", "expected"), [(YES, True), (NO, False)])
def test_yes_and_no_have_many_spellings(cells: list[Any], expected: bool) -> None:
    assert [convert(column("key_place", "has_alarm"), cell).value for cell in cells] == [expected] * len(cells)


@pytest.mark.parametrize("cell", ["也许", "2", 2.0, "x", "是否"])
def test_what_is_neither_yes_nor_no_is_refused(cell: Any) -> None:
    with pytest.raises(BadCell, match=r"^This is neither yes nor no.$"):
        convert(column("key_place", "has_alarm"), cell)


@pytest.mark.parametrize("cell", ["fire", "FIRE", "ｆｉｒｅ", "Fire safety", " Fire  safety "])
def test_a_choice_is_found_by_code_or_label(cell: str) -> None:
    assert convert(column("hazard", "area"), cell).value == "fire"


def test_a_choice_is_found_by_its_chinese_label_whatever_the_language_of_the_page() -> None:
    area = column("hazard", "area")
    with translation.override("zh-hans"):
        label = str(dict(area.choices)["fire"])
    with translation.override("en"):
        assert convert(area, f" {label}\u3000").value == "fire"


def test_a_wrong_choice_names_the_nearest() -> None:
    with pytest.raises(BadCell, match=r'^This is none of the choices. Did you mean "Fire safety"\?$'):
        convert(column("hazard", "area"), "Fire safty")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("灭火器过期，换新。", "灭火器过期，换新。"),
        ("１号楼Ａ区", "1号楼A区"),
        ("  outer spaces \u3000", "outer spaces"),
        (12345.0, "12345"),
        (1.5, "1.5"),
        ("a\x00b\x07", "ab"),
        ("=1+1", "=1+1"),
        ("line one\r\nline two", "line one\nline two"),
        (dt.date(2018, 3, 5), "2018-03-05"),
    ],
)
def test_text_is_kept_with_its_chinese_punctuation_and_without_what_nobody_sees(cell: Any, text: str) -> None:
    assert convert(column("hazard", "description"), cell).value == text


def test_a_number_of_more_than_15_digits_is_refused_since_excel_has_lost_the_rest() -> None:
    with pytest.raises(BadCell, match=r"Excel keeps only 15 digits"):
        convert(column("hazard", "description"), 320681199001011234.0)


def test_a_month_is_read_as_its_first_day_and_the_report_says_so(checked: Callable[..., Checked]) -> None:
    report = checked(workbook(HAZARD, hazard("2018-3"), hazard("2018-4"))).report
    assert report.ready == 2
    assert [(note.text, note.count, note.rows) for note in report.notes] == [
        ('"Found on" gives a month; it was read as the first of that month.', 2, (2, 3))
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_the_encodings_that_excel_and_wps_write(
    checked: Callable[..., Checked], encoding: str
) -> None:
    report = checked(
        comma_text(HAZARD, hazard("2018年3月5日", "fire", "general", "灭火器过期"), encoding=encoding), name="a.csv"
    ).report
    assert (report.problems, report.ready) == ([], 1)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_csv_may_be_split_by_semicolons_or_tabs(checked: Callable[..., Checked], delimiter: str) -> None:
    lines = (HAZARD, hazard())
    raw = "\n".join(delimiter.join(line) for line in lines).encode()
    assert checked(raw).report.ready == 1
