"""Words of the score screens: texts in the language of the page, figures with units, months and quarters as people say them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from anlan.kernel.period import Period
from anlan.kernel.text import Text
from anlan.measures.catalogue import Measure

UNITS = {
    "devices": gettext_lazy("devices"),
    "members": gettext_lazy("members"),
    "months": gettext_lazy("months"),
    "patients": gettext_lazy("patients"),
    "places": gettext_lazy("places"),
    "posts": gettext_lazy("posts"),
    "quarters": gettext_lazy("quarters"),
    "records": gettext_lazy("records"),
    "respondents": gettext_lazy("respondents"),
    "staff": gettext_lazy("staff"),
}

# Only English tells one from many; Chinese takes the same word.
ONE = {
    "devices": "device",
    "members": "member",
    "months": "month",
    "patients": "patient",
    "places": "place",
    "posts": "post",
    "quarters": "quarter",
    "records": "record",
    "respondents": "respondent",
}


def is_chinese() -> bool:
    """Tell whether the page speaks Chinese."""
    return (get_language() or "zh").startswith("zh")


def said(text: Any) -> str:
    """Return a text of the content in the language of the page; anything else as it prints."""
    return text.in_language(get_language() or "zh") if isinstance(text, Text) else str(text)


def name_of(measure: Measure) -> str:
    """Return the name of a measure in the language of the page."""
    return said(measure.name)


def amount(value: int, unit: str) -> str:
    """Return a figure with its unit: 3 个月, 3 months."""
    if value == 1 and unit in ONE and not is_chinese():
        return f"1 {ONE[unit]}"
    return f"{value} {UNITS.get(unit, unit)}" if unit else str(value)


def points_text(hundredths: int) -> str:
    """Return hundredths as points without trailing zeros: 950 → 9.5."""
    sign, cents = ("−" if hundredths < 0 else ""), abs(hundredths)
    whole, rest = divmod(cents, 100)
    return sign + (f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole))


def percent_text(part: int, whole: int) -> str:
    """Return a share as percent with one decimal, rounded down, so that what is below a target never looks equal to it."""
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %" if tenths % 10 else f"{tenths // 10} %"


def month_name(month: int) -> str:
    """Return the name of a month: 4 月, April."""
    if is_chinese():
        return f"{month}月"
    return dt.date(2000, month, 1).strftime("%B")


def month_short(month: int) -> str:
    """Return the short name of a month, for strips and axes: 4月, Apr."""
    return month_name(month) if is_chinese() else month_name(month)[:3]


def period_short(period: Period) -> str:
    """Return the short name of a month or quarter, for axes: 4月, Apr, Q2."""
    if period.kind == "quarter":
        return _("Q%(number)d") % {"number": (period.start.month + 2) // 3}
    return month_short(period.start.month)


def period_name(period: Period) -> str:
    """Return the name of a month or quarter within its year."""
    if period.kind == "quarter":
        quarter = (period.start.month + 2) // 3
        return _("quarter %(number)d") % {"number": quarter}
    return month_name(period.start.month)


def periods_text(periods: Sequence[Period]) -> str:
    """Return months or quarters in words; three or more in a row become a range: April and June to December."""
    return listed([_run_text(run) for run in _runs(sorted(periods))])


def listed(words: Sequence[str]) -> str:
    """Return a list in words: a, b and c; 甲、乙、丙."""
    if is_chinese():
        return "、".join(words)
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def in_turn(words: Iterable[str]) -> str:
    """Return statements one after the other, parted by the semicolon of the language."""
    return ("；" if is_chinese() else "; ").join(words)


def _runs(periods: Iterable[Period]) -> list[list[Period]]:
    runs: list[list[Period]] = []
    for period in periods:
        follows = runs and runs[-1][-1].end + dt.timedelta(days=1) == period.start
        if follows:
            runs[-1].append(period)
        else:
            runs.append([period])
    return [part for run in runs for part in ([run] if len(run) > 2 else [[one] for one in run])]


def _run_text(run: list[Period]) -> str:
    first, last = period_name(run[0]), period_name(run[-1])
    return first if len(run) == 1 else _("%(first)s to %(last)s") % {"first": first, "last": last}
