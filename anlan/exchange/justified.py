"""Which steps a row of a sheet justifies. After the first step, a record walks on as far as its filled columns carry it.

A step is taken when all that it requires is filled, with more than defaults, the importer may take it, it needs neither
evidence nor a reason, and it brings the record further: another state, or a filled column that is not stored yet. Each
step is taken once at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.flow.declare import Step
from anlan.flow.prepare import needed_evidence
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.org.models import Institution
from anlan.org.policy import may
from anlan.org.scope import Actor

_NEVER = frozenset({"correct", "annul"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A filled column that no step stored.

    `missing` are columns that would carry the record on; `hindrance` says why an import cannot. With neither, the other
    values of the row contradict it.
    """

    name: str
    step: str
    missing: tuple[str, ...] = ()
    hindrance: str = ""


class Walker:
    """Knows, for one register, institution and importer, which steps an import may take."""

    def __init__(self, spec: RegisterSpec, institution: Institution, by: Actor) -> None:
        self._spec = spec
        later = {name: step for name, step in spec.steps.items() if step.sources and name not in _NEVER}
        self._hindrances = {name: self._hindrance(step, institution, by) for name, step in later.items()}
        self._later = later
        self._defaults = {field.name: field.get_default() for field in spec.fields if field.has_default()}
        self._settable = {name: spec.settable(step) for name, step in spec.steps.items()}

    def opening(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that the first step sets, the department included."""
        return self._for(self._spec.first, values)

    def next(
        self, record: Register, values: Mapping[str, Any], stored: set[str], taken: set[str]
    ) -> tuple[str, dict[str, Any]] | None:
        """Return the next step that the values justify, with its data; null when there is none."""
        for name, step in self._later.items():
            if name in taken or record.state not in step.sources or not self._is_filled(step, values):
                continue
            if self._hindrances[name] or needed_evidence(record, step):
                continue
            data = self._for(name, values)
            if (step.target and step.target != record.state) or any(column not in stored for column in data):
                return name, data
        return None

    def waits_for(self, record: Register, values: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return the step that a record waits for, and why an import did not take it; null when it waits for none.

        Asked of records that do not count yet, and where the columns of a step that needs evidence are filled.
        """
        is_counted = record.state in self._spec.counted
        for name, step in self._later.items():
            if (
                record.state not in step.sources
                or step.target in ("", record.state)
                or not step.by
                or step.needs_reason
            ):
                continue
            files = needed_evidence(record, step)
            if not is_counted or (files and self._is_filled(step, values)):
                return name, self._why_not(name, files, values)
        return None

    def _why_not(self, name: str, files: int, values: Mapping[str, Any]) -> str:
        if self._hindrances[name] or files:
            return self._hindrances[name] or _evidence(files)
        missing = [str(self._spec.label(column)) for column in self._later[name].requires if column not in values]
        return _("it needs: %(columns)s") % {"columns": _(", ").join(missing)} if missing else _("a person decides it")

    def _is_filled(self, step: Step, values: Mapping[str, Any]) -> bool:
        if not step.requires or any(column not in values for column in step.requires):
            return False
        return any(column not in self._defaults or values[column] != self._defaults[column] for column in step.requires)

    def leftovers(self, state: str, names: list[str], values: Mapping[str, Any]) -> list[Leftover]:
        """Return for each column that no step stored what would have to be filled, or why an import cannot store it."""
        return [self._leftover(state, name, values) for name in names]

    def _for(self, step: str, values: Mapping[str, Any]) -> dict[str, Any]:
        allowed = self._settable[step]
        return {
            name: value
            for name, value in values.items()
            if name in allowed or (name == "department" and step == self._spec.first)
        }

    def _hindrance(self, step: Step, institution: Institution, by: Actor) -> str:
        if isinstance(step.evidence, int) and step.evidence:
            return _evidence(step.evidence)
        if not step.by:
            return _("it only follows another step")
        if step.needs_reason:
            return _("it needs a reason")
        if not may(by, step.by, institution=institution, sensitivity=self._spec.sensitivity):
            return _("it is for others: %(roles)s") % {"roles": ", ".join(step.by)}
        return ""

    def _leftover(self, state: str, name: str, values: Mapping[str, Any]) -> Leftover:
        setter = next((step for step in self._later if name in self._settable[step]), "")
        if not setter:
            return Leftover(name=name, step="", hindrance=_("no step of an import sets it"))
        for step in self._path(state, setter):
            if self._hindrances[step]:
                return Leftover(name=name, step=step, hindrance=self._hindrances[step])
            if missing := tuple(column for column in self._later[step].requires if column not in values):
                return Leftover(name=name, step=step, missing=missing)
            if not self._later[step].requires:
                return Leftover(name=name, step=step, hindrance=_("a person decides it"))
        return Leftover(name=name, step=setter)

    def _path(self, state: str, setter: str) -> list[str]:
        """Return the shortest way of steps from a state through the setter; only the setter when there is none."""
        queue: list[tuple[str, list[str]]] = [(state, [])]
        seen = {state}
        for here, way in queue:
            if here in self._later[setter].sources:
                return [*way, setter]
            for name, step in self._later.items():
                if here in step.sources and step.target and step.target not in seen:
                    seen.add(step.target)
                    queue.append((step.target, [*way, name]))
        return [setter]


def _evidence(count: int) -> str:
    return _("it needs %(count)d file(s) of evidence") % {"count": count}
