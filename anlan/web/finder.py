"""Search across registers: by register name, by number, by the words of the declared search columns."""

from collections.abc import Iterable
from typing import Any

from anlan.flow.reading import search_records
from anlan.flow.references import reference_text
from anlan.flow.spec import RegisterSpec
from anlan.web.place import Place

PER_REGISTER = 5
MOST = 60


def find_registers(specs: Iterable[RegisterSpec], text: str) -> list[RegisterSpec]:
    """Return the registers whose name, code, prefix or purpose holds every word."""
    words = text.casefold().split()
    return [spec for spec in specs if all(word in _haystack(spec) for word in words)]


def _haystack(spec: RegisterSpec) -> str:
    return f"{spec.name} {spec.code} {spec.prefix} {spec.purpose}".casefold()


def find_records(place: Place, specs: Iterable[RegisterSpec], text: str) -> list[dict[str, Any]]:
    """Return records that hold every word, a few of each register, newest first."""
    hits: list[dict[str, Any]] = []
    for spec in _likely(specs, text):
        rows = search_records(
            spec,
            place.records_here(),
            text,
            institution=place.institution,
            clearance=place.clearance(),
            most=PER_REGISTER,
        )
        for row in rows:
            hits.append({"spec": spec, "record": row, "title": reference_text(row), "state": spec.states[row.state]})
    return hits[:MOST]


def _likely(specs: Iterable[RegisterSpec], text: str) -> list[RegisterSpec]:
    """A number names its register by the prefix; anything else may be anywhere."""
    specs = list(specs)
    head = text.split("-", maxsplit=1)[0].upper()
    return [spec for spec in specs if spec.prefix == head] if "-" in text else specs
