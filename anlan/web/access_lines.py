"""The access log as its officers read it: who did what to whom or what, when, and from where.

A row holds codes and ids, since it must read the same after years. Names come from what stands there today; a record is named by
its number only where the reader may see it, by the beginning of its id otherwise.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anlan.flow.spec import RegisterSpec, all_registers
from anlan.org.access import Access
from anlan.org.models import Person, Unit
from anlan.web.access_words import numbers_of, what_in_words
from anlan.web.administration import STEPS
from anlan.web.place import unit_name

SUBJECTS = {
    "org.person": gettext_noop("Account of %(whom)s: %(step)s"),
    "org.post": gettext_noop("Post of %(whom)s: %(step)s"),
    "org.unit": gettext_noop("Unit %(whom)s: %(step)s"),
    "org.request": gettext_noop("Account request about %(whom)s: %(step)s"),
}
# Steps of requests: those of the others stand in `STEPS`, where a post is withdrawn too.
REQUESTS = {
    "ask": gettext_noop("asked for"),
    "approve": gettext_noop("approved and carried out"),
    "refuse": gettext_noop("refused"),
    "withdraw": gettext_noop("withdrawn by who asked"),
    "expire": gettext_noop("expired"),
    "alone": gettext_noop("carried out by the server alone, since nobody could approve"),
    "read": gettext_noop("the person has read it"),
}
# What the rooms note as it stands in the row, and how people call it.
NOTED = {
    "access log": gettext_noop("Access log"),
    "import template": gettext_noop("Template of an import"),
    "rows to mend": gettext_noop("Rows of an import to mend"),
    "archive package taken": gettext_noop("Archive package taken"),
    "package of a sealed score": gettext_noop("Package of a sealed score"),
    "search": gettext_noop("Found by the search"),
    "timeline": gettext_noop("Timeline"),
}
ASKED = {
    "kind": gettext_noop("Kind"),
    "who": gettext_noop("Who"),
    "register": gettext_noop("Register"),
    "from": gettext_noop("From"),
    "to": gettext_noop("To"),
}
COUNTED = frozenset({Access.Kind.LIST, Access.Kind.EXPORT, Access.Kind.UNMASK})
SHORT = 8  # signs of an id that tell one record from another at a glance; the file of the log has the whole id
_PACKAGE = re.compile(r"archive package, (\d{4}|all years), (with|without) evidence")
_STRANGER = re.compile(r"\? \((\d+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the log as its officers read it. `account` is the user name where it is not the name itself.

    `record` is the record's number, or the beginning of its id with the whole one in `record_uid`; empty for no record.
    `where` names the unit that the row concerns, `count` is null where there is nothing to count.
    """

    row: Access
    who: str
    account: str
    what: str
    register: str
    record: str
    where: str
    count: int | None
    reason: str


def lines_of(rows: list[Access]) -> list[Line]:
    """Return the rows in words, in their order. Five queries at most, and one per register of which the reader sees records."""
    specs = {spec.code: spec for spec in all_registers()}
    names = _Names.of(rows)
    numbers = numbers_of([row for row in rows if row.record_uid], specs)
    return [_line(row, specs, names, numbers) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The people and units of a page of the log: people by key and by user name, units by path and by code."""

    people: Mapping[int, Person]
    accounts: Mapping[str, Person]
    places: Mapping[str, Unit]
    units: Mapping[str, Unit]

    @classmethod
    def of(cls, rows: list[Access]) -> "_Names":
        """Fetch everybody and everything that the rows speak of."""
        subjects = [subject for row in rows if (subject := _subject(row))]
        keys = {row.person_id for row in rows if row.person_id} | {
            int(key) for kind, _step, key in subjects if kind == "org.person" and key.isdecimal()
        }
        usernames = {key for kind, _step, key in subjects if kind in ("org.post", "org.request")}
        codes = {key for kind, _step, key in subjects if kind == "org.unit"}
        paths = {path for row in rows for path in (row.path, row.path[: -Unit.steplen]) if path}
        return cls(
            people=Person.objects.in_bulk(keys),
            accounts={one.username: one for one in Person.objects.filter(username__in=usernames)},
            places={unit.path: unit for unit in Unit.objects.filter(path__in=paths)},
            units={unit.code: unit for unit in Unit.objects.filter(code__in=codes)},
        )

    def subject(self, kind: str, key: str) -> str:
        """Return the name of whom or what a change of rights concerns; the key where nobody has it any more."""
        if kind == "org.unit":
            return unit_name(self.units[key]) if key in self.units else key
        person = self.people.get(int(key)) if kind == "org.person" and key.isdecimal() else self.accounts.get(key)
        return _with_account(person) if person else key

    def place(self, path: str) -> str:
        """Return the unit at a path, a department with its institution before it; empty for none."""
        unit, above = self.places.get(path), self.places.get(path[: -Unit.steplen])
        if unit is None:
            return ""
        is_part = unit.kind == Unit.Kind.DEPARTMENT and above is not None
        return " · ".join(unit_name(one) for one in ((above, unit) if is_part else (unit,)) if one)


def _with_account(person: Person) -> str:
    return _("%(name)s (%(account)s)") % {"name": person.name, "account": person.username}


def _subject(row: Access) -> tuple[str, str, str] | None:
    """Return register, step and key of a change of rights, as `anlan.org.events` notes it; null for any other row."""
    parts = row.what.split(" ", 2)
    if row.kind != Access.Kind.PERMISSION or len(parts) != 3 or parts[0] not in SUBJECTS:
        return None
    return parts[0], parts[1], parts[2]


def _line(row: Access, specs: dict[str, RegisterSpec], names: _Names, numbers: Mapping[str, str]) -> Line:
    person = names.people.get(row.person_id) if row.person_id else None
    uid = str(row.record_uid) if row.record_uid else ""
    return Line(
        row=row,
        who=_who(row, person),
        account=person.username if person and person.name != person.username else "",
        what=_what(row, specs, names),
        register=str(specs[row.register].name) if row.register in specs else row.register,
        record=numbers.get(uid, uid[:SHORT]),
        where=names.place(row.path),
        count=row.count if row.kind in COUNTED else None,
        reason=_reason(row, specs),
    )


def _who(row: Access, person: Person | None) -> str:
    """Return the name: a sign-in keeps the user name that was typed, everything else the name of that day."""
    if person is not None:
        return person.name if row.who == person.username else row.who
    stranger = _STRANGER.fullmatch(row.who)
    if stranger:
        return _("Unknown user name of %(n)s signs") % {"n": stranger[1]}
    return _("Command line") if row.who == "system" else row.who


def _what(row: Access, specs: dict[str, RegisterSpec], names: _Names) -> str:
    subject = _subject(row)
    if subject:
        kind, step, key = subject
        steps = REQUESTS if kind == "org.request" else STEPS
        return _(SUBJECTS[kind]) % {"whom": names.subject(kind, key), "step": _(steps.get(step, step))}
    if row.kind == Access.Kind.UNMASK:
        return what_in_words(row, specs)
    if row.what in NOTED:
        return _(NOTED[row.what])
    return _read(row.what) if row.kind == Access.Kind.READ and row.what else _taken(row.what)


def _read(what: str) -> str:
    """Name a file of a record by its id. Its own name may tell what the record says, so it is not shown."""
    try:
        return _("File %(id)s") % {"id": str(uuid.UUID(what.removeprefix("file ")))[:SHORT]}
    except ValueError:
        return _("A file of the record")


def _taken(what: str) -> str:
    package, folder = _PACKAGE.fullmatch(what), what.removeprefix("lake in ")
    if package:
        year = package[1] if package[1].isdecimal() else _("all years")
        return (
            _("Archive package, %(year)s, with evidence files")
            if package[2] == "with"
            else _("Archive package, %(year)s, without evidence files")
        ) % {"year": year}
    return _("Parquet lake in %(folder)s") % {"folder": folder} if folder != what else what


def _reason(row: Access, specs: dict[str, RegisterSpec]) -> str:
    """Return the reason; of the log's own export it is the filter of the page, part by part."""
    if row.kind != Access.Kind.EXPORT or row.what != "access log":
        return str(row.reason)
    asked = QueryDict(row.reason)
    words: dict[str, Any] = {**dict(Access.Kind.choices), **{code: spec.name for code, spec in specs.items()}}
    coded = ("kind", "register")
    parts = [
        (_(ASKED[name]), words.get(asked[name], asked[name]) if name in coded else asked[name])
        for name in ASKED
        if asked.get(name)
    ]
    return " · ".join(_("%(name)s: %(text)s") % {"name": name, "text": text} for name, text in parts)
