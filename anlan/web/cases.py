"""Cases and their parties as pages show them: the list of one's cases, who is a party, and the forms for letting in and opening names."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.flow.parties import NamedParty, parties_of
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, all_registers, find_register, spec_of
from anlan.flow.unmasking import openable
from anlan.org.models import Party, Person, Unit
from anlan.org.parties import Capacity, stakes
from anlan.org.policy import desks
from anlan.org.roles import Reach, all_roles
from anlan.org.scope import Actor
from anlan.web.forms import ReferenceField
from anlan.web.place import Place, unit_name, visible_units

MOST = 200
_BOX, _SELECT = {"class": "form-control"}, {"class": "form-select"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One case of the list: its record and in which capacities the reader is a party to it."""

    record: Register
    register: str
    state: str
    capacities: str


def lines_for(actor: Actor) -> list[Line]:
    """Return the cases to which the actor is a party today, the newest part first."""
    held: dict[Any, list[Party]] = {}
    for party in Party.objects.filter(stakes(actor)).order_by("-pk")[:MOST]:
        held.setdefault((party.register, party.record_uid), []).append(party)
    lines = []
    for (code, uid), parties in held.items():
        spec = find_register(code)
        record = spec.model.objects.select_related("institution__unit").filter(uid=uid).first()
        if record is not None:
            words = dict.fromkeys(str(party.get_capacity_display()) for party in parties)
            lines.append(
                Line(
                    record=record,
                    register=str(spec.name),
                    state=str(spec.states[record.state]),
                    capacities=" · ".join(words),
                )
            )
    return lines


def may_have_cases(actor: Actor, place: Place | None) -> bool:
    """Tell whether the menu leads to cases: a party, a desk that may become one, or a reader of registers of cases."""
    return bool(actor.case_registers or desks(actor) or (place is not None and registers_of_cases(place)))


def registers_of_cases(place: Place) -> list[RegisterSpec]:
    """Return the registers whose records speak of people by name, as far as they are read at the place."""
    if place.is_administration:
        return []
    return [spec for spec in all_registers() if spec.identity and place.reads(spec.sensitivity)]


def record_url(record: Register, place: Place) -> str:
    """Return the record's page at its institution; empty for a reader to whom the case alone is open."""
    spec = spec_of(record)
    is_in_view = any(unit.pk == record.institution.unit.pk for unit in visible_units(place.actor))
    return place.url("record", spec.code, record.uid) if is_in_view and place.reads(spec.sensitivity) else ""


def party_rows(record: Register) -> list[dict[str, Any]]:
    """Return the parties to a record in words."""
    return [
        {
            "key": party.pk,
            "capacity": party.get_capacity_display(),
            "who": who_is(party),
            "since": party.starts_on,
        }
        for party in parties_of(record)
    ]


def who_is(party: Party | NamedParty) -> str:
    """Return who a party is: a person's name, or a unit's with the role whose holders are meant."""
    role = next((str(role.name) for role in all_roles() if role.code == party.role), "")
    name = party.person.name if party.person else unit_name(party.unit) if party.unit else "—"
    return f"{name} · {role}" if role else name


class ReasonForm(forms.Form):
    """A reason that is kept."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, widget=forms.Textarea(attrs={**_BOX, "rows": 2})
    )


class UnmaskForm(ReasonForm):
    """Which masked columns to open, and why."""

    def __init__(self, *args: Any, record: Register, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        spec = spec_of(record)
        names = openable(record, to=actor)
        field = forms.MultipleChoiceField(
            label=_("What to open"),
            choices=[(name, spec.label(name)) for name in names],
            widget=forms.CheckboxSelectMultiple,
            initial=list(names),
        )
        field.is_group = True  # type: ignore[attr-defined]
        self.fields = {"fields": field, "reason": self.fields["reason"]}
        self.fields["reason"].help_text = _("It is kept, and the protector of personal information reads it.")


class PartyForm(ReasonForm):
    """A party: somebody by user name, or the holders of a role at a unit by its code."""

    def __init__(self, *args: Any, record: Register, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record
        reason = self.fields["reason"]
        capacity = forms.ChoiceField(label=_("Capacity"), choices=Capacity.choices, widget=forms.Select(_SELECT))
        username = forms.CharField(label=_("User name"), max_length=64, required=False, widget=forms.TextInput(_BOX))
        username.help_text = _("One person; leave empty to name a unit.")
        units = Unit.objects.filter(path__startswith=record.institution.unit.path).order_by("path")
        unit = ReferenceField(
            units, label=_("Unit"), required=False, to_field_name="code", empty_label="—", widget=forms.Select(_SELECT)
        )
        outside = [(role.code, role.name) for role in all_roles() if role.reach is Reach.CASE]
        role = forms.ChoiceField(
            label=_("Agency"), required=False, choices=[("", "—"), *outside], widget=forms.Select(_SELECT)
        )
        role.help_text = _("For an agency from outside: which one has its desk at the unit.")
        self.fields = {"capacity": capacity, "username": username, "unit": unit, "role": role, "reason": reason}

    def party(self) -> NamedParty | None:
        """Return the party; null, with a message beside the name, when there is no such person."""
        data = self.cleaned_data
        person = Person.objects.filter(username=data["username"], is_active=True).first() if data["username"] else None
        if data["username"] and person is None:
            self.add_error("username", _("There is no such person."))
            return None
        unit = None if person else data["unit"]
        return NamedParty(capacity=data["capacity"], person=person, unit=unit, role=data["role"] if unit else "")
