"""What a reference in a sheet may name: records and departments of the institution, by number, by name, or by both."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from anlan.exchange.cells import BadCell, clean_text, plain
from anlan.exchange.columns import Column
from anlan.exchange.headings import fold
from anlan.flow.declare import ANNULLED
from anlan.flow.register import Register
from anlan.flow.spec import spec_of
from anlan.org.models import Institution, Unit

_NAMES = ("name", "title")


class References:
    """Looks up what cells name, one query per target model. Build it while the importer acts: only visible records count."""

    def __init__(self, institution: Institution) -> None:
        self._institution = institution
        self._known: dict[str, dict[str, list[models.Model]]] = {}

    def find(self, column: Column, cell: Any) -> models.Model:
        """Return the target that a cell names. Raises: BadCell when there is none, or more than one."""
        known = self._words(column)
        found = known.get(fold(plain(cell)), ())
        if len(found) == 1:
            return found[0]
        if found:
            numbers = _(", ").join(_code(target) for target in found)
            raise BadCell(_("Several records have this name (%(numbers)s); write the number.") % {"numbers": numbers})
        raise BadCell(_("The institution has no such record."))

    def options(self, column: Column, *, limit: int) -> list[str]:
        """Return what the dropdown of a template offers: number and name of each target, at most `limit`."""
        targets = {target.pk: target for found in self._words(column).values() for target in found}
        return sorted(_shown(target) for target in targets.values())[:limit]

    def _words(self, column: Column) -> dict[str, list[models.Model]]:
        label = column.target._meta.label_lower
        if label not in self._known:
            words: dict[str, list[models.Model]] = {}
            for target in self._targets(column.target):
                for word in {fold(word) for word in _words_for(target)}:
                    words.setdefault(word, []).append(target)
            self._known[label] = words
        return self._known[label]

    def _targets(self, model: type[models.Model]) -> Iterable[models.Model]:
        if issubclass(model, Unit):
            inside = Unit.objects.filter(path__startswith=self._institution.unit.path, is_active=True)
            return list(inside.exclude(pk=self._institution.pk))
        if issubclass(model, Register):
            return model.objects.filter(institution=self._institution).exclude(state=ANNULLED)
        return ()


def _words_for(target: models.Model) -> Iterable[str]:
    yield _code(target)
    yield _shown(target)
    if name := _name(target):
        yield name


def _code(target: models.Model) -> str:
    return target.number if isinstance(target, Register) else str(getattr(target, "code", target.pk))


def _name(target: models.Model) -> str:
    names = (getattr(target, name, "") for name in _NAMES)
    return next((clean_text(str(name)) for name in names if name), "")


def _shown(target: models.Model) -> str:
    if not isinstance(target, Register):
        return f"{_code(target)} {_name(target)}".strip()
    parts = [_name(target)] if _name(target) else [str(_display(target, name)) for name in spec_of(target).key]
    return " ".join([target.number, *(part for part in parts if part)])


def _display(target: Register, name: str) -> Any:
    display = getattr(target, f"get_{name}_display", None)
    return display() if display else getattr(target, name)
