"""Points as integers in hundredths: equal on every engine, shown with as few decimals as they need."""

from __future__ import annotations

import re

from anlan.kernel.errors import BadPoints

_FORM = re.compile(r"(?P<sign>-?)(?P<whole>\d{1,12})(?:\.(?P<part>\d{1,2}))?")


def show_points(hundredths: int) -> str:
    """Return the points as text: 50 → "0.5", 300 → "3", -25 → "-0.25"."""
    whole, part = divmod(abs(hundredths), 100)
    text = f"{whole}.{part:02d}".rstrip("0").rstrip(".")
    return f"-{text}" if hundredths < 0 else text


def parse_points(text: str) -> int:
    """Return the hundredths written as points: "0.5" → 50.

    Raises: BadPoints when the text is no number with at most two decimals.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise BadPoints(f'"{text}" is not a number of points. Write digits with at most two decimals, such as 0.5.')
    hundredths = int(match["whole"]) * 100 + int((match["part"] or "").ljust(2, "0"))
    return -hundredths if match["sign"] else hundredths


def divide_half_up(above: int, below: int) -> int:
    """Return the quotient rounded to the nearest integer, a half upwards; ``below`` is positive."""
    return (2 * above + below) // (2 * below)
