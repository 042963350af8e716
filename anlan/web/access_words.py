"""The access log in words: registers and columns by their names, and what a protector of personal information reads on their home."""

import datetime as dt
from dataclasses import dataclass

from anlan.flow.spec import RegisterSpec, all_registers
from anlan.org.access import Access
from anlan.org.access_reading import PROTECT, told
from anlan.web.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Masked names of a record that somebody opened. `number` is empty where the record is not in the reader's scope."""

    row: Access
    register: str
    number: str
    columns: str


def is_protector(place: Place) -> bool:
    """Tell whether a post of the person protects those of whom the records of the institution in view speak."""
    if place.institution is None:
        return False
    posts = place.actor.grants_for(institution_path=place.unit.path, institution_id=place.institution.pk)
    return any(grant.role.answers_to((PROTECT,)) for grant in posts)


def openings(place: Place, *, now: dt.datetime) -> list[Opening]:
    """Return what the protector of the institution in view is told, the newest first; empty for everybody else."""
    rows = told(place.actor, place.institution, now=now) if place.institution is not None else []
    specs = {spec.code: spec for spec in all_registers()}
    numbers = numbers_of(rows, specs)
    return [
        Opening(
            row=row,
            register=str(specs[row.register].name) if row.register in specs else row.register,
            number=numbers.get(str(row.record_uid), ""),
            columns=what_in_words(row, specs),
        )
        for row in rows
    ]


def what_in_words(row: Access, specs: dict[str, RegisterSpec]) -> str:
    """Return what was accessed as people name it: opened columns by their labels, anything else as it was noted."""
    spec = specs.get(row.register)
    if row.kind != Access.Kind.UNMASK or spec is None:
        return str(row.what)
    names = [name.strip() for name in row.what.split(",")]
    return " · ".join(str(spec.label(name)) if name in spec.field_sensitivity else name for name in names)


def numbers_of(rows: list[Access], specs: dict[str, RegisterSpec]) -> dict[str, str]:
    """Return the numbers of the records that the rows name and the acting person may see, by receipt; the others are left out."""
    numbers: dict[str, str] = {}
    for code in {row.register for row in rows} & set(specs):
        wanted = [row.record_uid for row in rows if row.register == code]
        found = specs[code].model.objects.filter(uid__in=wanted).values_list("uid", "number")
        numbers |= {str(uid): number for uid, number in found}
    return numbers
