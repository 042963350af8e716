"""What a file declares: units and people as text with the place where it stands, turned into values with every fault named."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from django.utils import translation

from anlan.org.models import Institution, Unit
from anlan.org.roles import all_roles

LANGUAGES = ("zh-hans", "en")
UNIT_KEYS = ("code", "name", "name_en", "below")
COMMISSION_KEYS = (*UNIT_KEYS, "level")
INSTITUTION_KEYS = (*UNIT_KEYS, "class", "kind", "beds", "staff", "large_specialist", "first_responsible")
PERSON_KEYS = ("username", "name", "phone", "role", "from", "to", "account")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ]00:00(?::00)?)?")
_YES = {"": True, "yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}
Text = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A fault of the file: where it stands and what to do."""

    place: str
    message: str


class Faulty(Exception):
    """The file cannot be carried out as it stands; nothing was written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} fault(s) in the file; nothing was written.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredUnit:
    """A unit of the file. `parent` is a code, empty at the top; a null value was not given and stays as it is."""

    place: str
    parent: str
    kind: str
    code: str
    name: str
    name_en: str | None = None
    level: str = ""
    class_level: int | None = None
    institution_kind: str | None = None
    beds: int | None = None
    staff: int | None = None
    large_specialist_reason: str | None = None
    first_responsible: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPerson:
    """A person at a unit, with one role there or none. `has_account` asks for a one-time password."""

    place: str
    unit: str
    username: str
    name: str
    phone: str | None = None
    role: str = ""
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    has_account: bool = True


@dataclass(slots=True, kw_only=True)
class Declared:
    """Everything that a file declares, parents first, and the faults found while reading it."""

    units: list[DeclaredUnit] = field(default_factory=list)
    people: list[DeclaredPerson] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add_unit(self, text: Text, *, kind: str, parent: str, place: str) -> None:
        """Add a unit from its texts; what cannot be read becomes a problem."""
        reader = _Reader(text, place, self.problems)
        is_institution, is_commission = kind == Unit.Kind.INSTITUTION, kind == Unit.Kind.COMMISSION
        self.units.append(
            DeclaredUnit(
                place=place,
                parent=parent or text.get("below", ""),
                kind=kind,
                code=reader.needed("code"),
                name=reader.needed("name"),
                name_en=text.get("name_en"),
                level=str(reader.choice("level", "level")) if is_commission else "",
                class_level=_whole(reader.choice("class", "class")) if is_institution else None,
                institution_kind=reader.choice("kind", "kind") if is_institution else None,
                beds=reader.number("beds"),
                staff=reader.number("staff"),
                large_specialist_reason=text.get("large_specialist"),
                first_responsible=text.get("first_responsible", ""),
            )
        )

    def add_person(self, text: Text, *, unit: str, place: str) -> None:
        """Add a person from its texts; what cannot be read becomes a problem."""
        reader = _Reader(text, place, self.problems)
        self.people.append(
            DeclaredPerson(
                place=place,
                unit=unit,
                username=reader.needed("username"),
                name=text.get("name", ""),
                phone=text.get("phone"),
                role=(reader.choice("role", "role") or "") if text.get("role") else "",
                starts_on=reader.day("from"),
                ends_on=reader.day("to"),
                has_account=reader.yes("account"),
            )
        )

    def fault(self, place: str, message: str) -> None:
        """Note a fault of the file."""
        self.problems.append(Problem(place=place, message=message))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean "…"?` for the nearest known word; empty when none is near."""
    near = get_close_matches(word, list(known), n=1)
    return f' Did you mean "{near[0]}"?' if near else ""


class _Reader:
    """Turns the texts of one entry into values and notes what cannot be read."""

    def __init__(self, text: Text, place: str, problems: list[Problem]) -> None:
        self._text, self._place, self._problems = text, place, problems

    def needed(self, key: str) -> str:
        value = self._text.get(key, "").strip()
        if not value:
            self._fault(key, f'"{key}" is missing.')
        return value

    def number(self, key: str) -> int | None:
        value = self._text.get(key, "").strip().replace(",", "")
        if not value:
            return None
        if not value.isdecimal():
            self._fault(key, f'"{value}" is no whole number.')
            return None
        return int(value)

    def day(self, key: str) -> dt.date | None:
        value = self._text.get(key, "").strip()
        if not value:
            return None
        found = _DAY.fullmatch(value)
        try:
            if found:
                return dt.date(*map(int, found.groups()))
        except ValueError:
            pass  # 30 February is told as any other text that is no date
        self._fault(key, f'"{value}" is no date; write 2026-01-31.')
        return None

    def yes(self, key: str) -> bool:
        value = self._text.get(key, "").strip().lower()
        if value not in _YES:
            self._fault(key, f'"{value}" is neither yes nor no.')
        return _YES.get(value, True)

    def choice(self, key: str, kind: str) -> str | None:
        """Return the code that a code or a name in either language stands for."""
        value, words = self._text.get(key, "").strip(), _words(kind)
        if not value:
            self._fault(key, f'"{key}" is missing; one of {", ".join(sorted(set(words.values())))}.')
        elif value.lower() not in words:
            known = ", ".join(sorted(set(words.values())))
            self._fault(key, f'"{value}" is no {key}; one of {known}.{nearest(value, words)}')
        return words.get(value.lower())

    def _fault(self, key: str, message: str) -> None:
        self._problems.append(Problem(place=f"{self._place}.{key}", message=message))


def _whole(text: str | None) -> int | None:
    return int(text) if text else None


@lru_cache(maxsize=4)
def _words(kind: str) -> dict[str, str]:
    """Return the codes of a choice by every word that stands for one: the code itself and its names, in small letters."""
    words: dict[str, str] = {}
    for language in LANGUAGES:
        with translation.override(language):
            pairs: dict[str, list[tuple[Any, Any]]] = {
                "level": [(code, label) for code, label in Unit.Level.choices if code],
                "class": list(Institution.ClassLevel.choices),
                "kind": list(Institution.Kind.choices),
                "role": [(role.code, role.name) for role in all_roles()],
            }
            words |= {str(label).lower(): str(code) for code, label in pairs[kind]}
            words |= {str(code).lower(): str(code) for code, _label in pairs[kind]}
    return words
