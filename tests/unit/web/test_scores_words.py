"""How figures, months and ranks read."""

import pytest
from django.utils import translation

from anlan.kernel.period import Period
from anlan.web.scores_city import heat
from anlan.web.scores_source import median
from anlan.web.scores_words import amount, percent_text, periods_text, points_text


def months(*numbers: int) -> list[Period]:
    return [Period.month(2025, number) for number in numbers]


@pytest.mark.parametrize(
    ("numbers", "in_english", "in_chinese"),
    [
        ((4,), "April", "4月"),
        ((4, 9), "April and September", "4月、9月"),
        ((4, 5), "April and May", "4月、5月"),
        ((2, 5, 6, 7, 8), "February and May to August", "2月、5月至8月"),
    ],
)
def test_months_are_named_and_three_in_a_row_become_a_range(numbers, in_english, in_chinese):
    assert periods_text(months(*numbers)) == in_english
    with translation.override("zh-hans"):
        assert periods_text(months(*numbers)) == in_chinese


def test_quarters_are_named():
    assert periods_text([Period.quarter(2025, 1), Period.quarter(2025, 3)]) == "quarter 1 and quarter 3"


def test_a_share_below_its_target_never_reads_as_the_target():
    assert percent_text(9499, 10000) == "94.9 %"
    assert percent_text(95, 100) == "95 %"


def test_points_have_no_trailing_zeros():
    assert [points_text(value) for value in (0, 50, 950, 1000, -125)] == ["0", "0.5", "9.5", "10", "−1.25"]


def test_a_figure_carries_its_unit_in_the_language_of_the_page():
    assert amount(3, "months") == "3 months"
    assert amount(1, "records") == "1 record"
    with translation.override("zh-hans"):
        assert amount(3, "months") == "3 个月"


def test_the_median_leaves_out_what_is_not_known():
    assert median([9000, None, 8000]) == 8500
    assert median([None]) is None


def test_heat_follows_the_share_of_the_maximum():
    assert [heat(points, 1000) for points in (1000, 950, 900, 800, 600, 400, 399, 0)] == [
        "h6", "h5", "h4", "h3", "h2", "h1", "h0", "h0",
    ]  # fmt: skip
