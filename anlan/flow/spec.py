"""What the engine knows of a register after reading its class: `RegisterSpec`, and the catalogue of all of them.

Screens, forms, templates, import, API, facts and tests follow from a spec; none of them looks at the class again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import ANNULLED, Step
from anlan.flow.errors import DeclarationError
from anlan.org.parties import Capacity
from anlan.org.policy import INDEPENDENT, Kind
from anlan.org.roles import Sensitivity

if TYPE_CHECKING:
    from anlan.flow.register import Register

# Columns that the engine alone writes.
ENGINE_COLUMNS = frozenset(
    {
        "id",
        "uid",
        "institution",
        "number",
        "state",
        "recorded_at",
        "recorded_by",
        "due_on",
        "is_counted",
        "version",
        "batch",
        "extra",
    }
)
# What follows from when and how a record was written down; nobody sets it and the ledger does not repeat it.
HONEST_COLUMNS = frozenset({"recorded_on", "late_days", "is_late", "is_night_entry", "is_batch_entry", "is_copied"})


@dataclass(frozen=True, kw_only=True)
class RegisterSpec:
    """One register as declared. `fields` are the model fields that people fill, in order of declaration.

    `is_timed` says that the time between event and record is told to reviewers: not of what is in force, nor where a
    register's `Flow` declines. `comes_in_lists`: a record is a line of a list, such as who attended, so a batch says
    nothing. `free_texts` are the columns in which people write sentences. `retention` names a dated parameter in years
    beside the general one.
    `identity` maps the columns that tell who somebody is to the way in which they are masked. `about_leaders` is the
    column that marks cases about the institution's leaders; empty for none.
    """

    code: str
    model: "type[Register]"
    subsystem: str
    prefix: str
    states: Mapping[str, Any]
    counted: frozenset[str]
    final: frozenset[str]
    steps: Mapping[str, Step]
    first: str
    columns: tuple[str, ...]
    filters: tuple[str, ...]
    search: tuple[str, ...]
    key: tuple[str, ...]
    derived: frozenset[str]
    occurred_label: Any
    purpose: Any
    clauses: tuple[str, ...]
    sensitivity: Sensitivity
    field_sensitivity: Mapping[str, Sensitivity]
    identity: Mapping[str, str]
    about_leaders: str
    is_standing: bool
    is_timed: bool
    comes_in_lists: bool
    free_texts: tuple[str, ...]
    retention: str

    @cached_property
    def kind(self) -> Kind:
        """The register as the access policy sees it."""
        return Kind(register=self.code, sensitivity=self.sensitivity, about_leaders=self.about_leaders)

    @property
    def name(self) -> Any:
        """The register's name, translated when shown."""
        return self.model._meta.verbose_name

    @cached_property
    def fields(self) -> "tuple[models.Field[Any, Any], ...]":
        """The columns that people fill, `occurred_on` first, derived columns left out."""
        own = [
            f
            for f in self.model._meta.concrete_fields
            if f.name not in ENGINE_COLUMNS | HONEST_COLUMNS and f.name not in self.derived
        ]
        return tuple(sorted(own, key=lambda f: (f.name != "occurred_on", f.name == "ended_on")))

    @cached_property
    def field_names(self) -> frozenset[str]:
        """Names of `fields`."""
        return frozenset(f.name for f in self.fields)

    def field(self, name: str) -> "models.Field[Any, Any]":
        """Return the model field of a column."""
        return self.model._meta.get_field(name)  # type: ignore[return-value]

    def label(self, name: str) -> Any:
        """Return the column's label; `occurred_on` has its own word in each register."""
        if name == "occurred_on":
            return self.occurred_label
        return getattr(self.field(name), "verbose_name", name)

    def settable(self, step: Step) -> frozenset[str]:
        """Return the columns that the step may set."""
        return self.field_names if "*" in step.fields else frozenset(step.fields)

    def steps_from(self, state: str) -> tuple[tuple[str, Step], ...]:
        """Return the steps that start from a state, in order of declaration."""
        return tuple((name, step) for name, step in self.steps.items() if state in step.sources)


_specs: dict[str, RegisterSpec] = {}
_by_model: dict[str, RegisterSpec] = {}


def all_registers() -> tuple[RegisterSpec, ...]:
    """Return every register, ordered by subsystem and code."""
    return tuple(sorted(_specs.values(), key=lambda spec: (spec.subsystem, spec.code)))


def find_register(code: str) -> RegisterSpec:
    """Return the register. Raises: LookupError, naming the nearest code."""
    if code not in _specs:
        near = get_close_matches(code, _specs, n=1)
        hint = f' Did you mean "{near[0]}"?' if near else " `anlan registers` lists them."
        raise LookupError(f'There is no register "{code}".{hint}')
    return _specs[code]


def spec_of(model: "type[Register] | Register") -> RegisterSpec:
    """Return the spec of a register class or record."""
    return _by_model[model._meta.label_lower]


def read_declaration(model: "type[Register]") -> RegisterSpec:
    """Read `Flow` and `Privacy` of a register class and enter it in the catalogue.

    Raises: DeclarationError, naming class and line of thought, when states, steps, columns or privacy do not fit together.
    """
    flow, privacy = getattr(model, "Flow", None), getattr(model, "Privacy", None)
    if flow is None or privacy is None:
        raise DeclarationError("flow.E101", f"{model.__name__} needs an inner class Flow and an inner class Privacy.")
    states = {**flow.states, ANNULLED: _("Annulled")}
    spec = RegisterSpec(
        code=getattr(flow, "code", _snake(model.__name__)),
        model=model,
        subsystem=flow.subsystem,
        prefix=flow.prefix,
        states=states,
        counted=frozenset(getattr(flow, "counted", tuple(flow.states))),
        final=frozenset(getattr(flow, "final", ())) | {ANNULLED},
        steps=_steps(flow, tuple(flow.states), is_standing=model.is_standing),
        first=next((name for name, step in _declared(flow) if not step.sources), ""),
        columns=tuple(getattr(flow, "columns", ())),
        filters=tuple(getattr(flow, "filters", ())),
        search=("number", *getattr(flow, "search", ())),
        key=tuple(getattr(flow, "key", ())),
        derived=frozenset(getattr(flow, "derived", ())),
        occurred_label=getattr(flow, "occurred_label", _("Occurred on")),
        purpose=getattr(flow, "purpose", ""),
        clauses=tuple(flow.clauses),
        sensitivity=Sensitivity(getattr(privacy, "register", "internal")),
        field_sensitivity=_privacy(model, privacy),
        identity=dict(getattr(privacy, "identity", {})),
        about_leaders=getattr(privacy, "about_leaders", ""),
        is_standing=model.is_standing,
        is_timed=not model.is_standing and getattr(flow, "is_timed", True),
        comes_in_lists=getattr(flow, "comes_in_lists", False),
        free_texts=tuple(getattr(flow, "free_texts", _texts(model))),
        retention=getattr(flow, "retention", ""),
    )
    _check(spec)
    _specs[spec.code] = _by_model[model._meta.label_lower] = spec
    return spec


def _texts(model: "type[Register]") -> tuple[str, ...]:
    return tuple(field.name for field in model._meta.concrete_fields if isinstance(field, models.TextField))


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _declared(flow: type) -> list[tuple[str, Step]]:
    return [(name, value) for name, value in vars(flow).items() if isinstance(value, Step)]


def _steps(flow: type, states: tuple[str, ...], *, is_standing: bool) -> dict[str, Step]:
    """Return the declared steps and the built-in ones; `Flow.follow` names what the built-in ones bring with them."""
    steps = dict(_declared(flow))
    follow = getattr(flow, "follow", "")
    if is_standing and "end" not in steps:
        steps["end"] = Step(
            label=_("End"),
            sources=states,
            by=steps[next(iter(steps))].by,
            fields=("ended_on",),
            requires=("ended_on",),
            consequence=_("No longer in force from that day"),
            follow=follow,
        )
    steps["attach"] = Step(
        label=_("Attach a file"),
        sources=states,
        by=tuple(dict.fromkeys(name for _name, step in _declared(flow) for name in step.by)),
        evidence=1,
        consequence=_("The file stands in the timeline"),
    )
    steps["correct"] = Step(
        label=_("Correct"),
        sources=states,
        by=("can:correct",),
        fields=("*",),
        needs_reason=True,
        consequence=_("The old values stay in the timeline"),
        follow=follow,
    )
    steps["annul"] = Step(
        label=_("Annul"),
        sources=states,
        target=ANNULLED,
        by=("can:correct",),
        needs_reason=True,
        consequence=_("The record stays visible and no longer counts"),
        follow=follow,
    )
    steps["involve"] = Step(
        label=_("Name a party"),
        sources=states,
        by=("can:involve",),
        needs_reason=True,
        capacities=tuple(Capacity.values),
        consequence=_("The party sees this case and no other"),
    )
    steps["release"] = Step(
        label=_("End a party's part"),
        sources=states,
        by=("can:involve",),
        needs_reason=True,
        capacities=tuple(Capacity.values),
        consequence=_("The party sees the case no longer"),
    )
    return steps


def _privacy(model: "type[Register]", privacy: type) -> dict[str, Sensitivity]:
    default = Sensitivity(getattr(privacy, "default", "internal"))
    levels = {field.name: default for field in model._meta.concrete_fields}
    for level in Sensitivity:
        for name in getattr(privacy, level.value, ()):
            if name not in levels:
                raise DeclarationError(
                    "flow.E102", f'{model.__name__}.Privacy names "{name}", which is no column of it.'
                )
            levels[name] = level
    return levels


def _check(spec: RegisterSpec) -> None:
    """Refuse a declaration whose parts do not fit together."""
    known = {field.name for field in spec.model._meta.concrete_fields}
    complaints = []
    if not spec.first:
        complaints.append("no step without sources opens a record")
    if spec.code in _specs and _specs[spec.code].model is not spec.model:
        complaints.append(f'another register has the code "{spec.code}"')
    for name, step in spec.steps.items():
        unknown = (set(step.sources) | ({step.target} if step.target else set())) - set(spec.states)
        complaints += [f'step "{name}" names the unknown state "{state}"' for state in sorted(unknown)]
        columns = (set(step.fields) | set(step.requires) | set(step.sets)) - known - {"*"}
        complaints += [f'step "{name}" names the unknown column "{column}"' for column in sorted(columns)]
        if step.independent and step.independent not in INDEPENDENT:
            complaints.append(f'step "{name}" is independent by the unknown name "{step.independent}"')
        if step.follow and not hasattr(spec.model, step.follow):
            complaints.append(f'step "{name}" follows with the unknown method "{step.follow}"')
    listed = (
        set(spec.free_texts)
        | set(spec.columns)
        | set(spec.filters)
        | set(spec.search)
        | set(spec.key)
        | set(spec.derived)
    )
    private = set(spec.identity) | ({spec.about_leaders} - {""})
    complaints += [f'Privacy names the unknown column "{column}"' for column in sorted(private - known)]
    probing = set(spec.identity) & {*spec.filters, *spec.search, *spec.key}
    complaints += [
        f'"{column}" tells who somebody is; no filter, search or key may probe it' for column in sorted(probing)
    ]
    complaints += [f'the unknown column "{column}"' for column in sorted(listed - known)]
    if complaints:
        raise DeclarationError("flow.E103", f"{spec.model.__name__}.Flow: {'; '.join(complaints)}.")
