"""What the arguments of several commands must be, each refused in one sentence: a year, a day, a count, a port, a file of text."""

import argparse
import datetime as dt
from pathlib import Path

FIRST_YEAR, LAST_YEAR = 1900, 2999
PORTS = range(1, 65536)


def day(text: str) -> dt.date:
    """Return the day. Raises: ArgumentTypeError for what no calendar has."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no day of the calendar; write it as 2025-12-31') from None


def year(text: str) -> int:
    """Return the year. Raises: ArgumentTypeError for what is none of four digits."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not FIRST_YEAR <= number <= LAST_YEAR:
        raise argparse.ArgumentTypeError(f'"{text}" is no year; write it as 2025')
    return number


def count(text: str) -> int:
    """Return a number of things. Raises: ArgumentTypeError for less than 0."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f'"{text}" is no count; write a whole number, 0 or more')
    return int(text)


def port(text: str) -> int:
    """Return a port. Raises: ArgumentTypeError for a number that is none."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number not in PORTS:
        raise argparse.ArgumentTypeError(f'"{text}" is no port; write a number from 1 to 65535')
    return number


def text_of(file: Path) -> str:
    """Return the text of a file. Raises: BadInput when it holds something else."""
    from config.faults import BadInput

    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f'"{file}" is no text; look whether it is the right file.') from None


def require_begun(year: int, *, as_of: dt.date) -> None:
    """Raises: BadInput when the year had not begun on the day up to which it is scored."""
    from config.faults import BadInput

    if as_of.year < year:
        raise BadInput(f"On {as_of} the year {year} had not begun. Choose an earlier --year or a later --as-of.")
