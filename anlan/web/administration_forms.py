"""The administrator's forms. They check what a field can hold; `anlan.org.administration` decides and names the wrong field."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from anlan.org.administration import Profile
from anlan.org.errors import Contradiction
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.roles import all_roles
from anlan.web.administration import GROUPS, held_at
from anlan.web.place import Place, unit_name

MANY_UNITS = 400  # beyond, a list of units leaves departments out; their institution's own page offers them
_BOX = {"class": "form-control"}
_SELECT = {"class": "form-select"}


class AdministrationForm(forms.Form):
    """A form whose refusals come from the room below."""

    def carries_out(self, change: Callable[[], Any]) -> bool:
        """Tell whether the form is valid and the change was made; a contradiction goes beside its field."""
        if not self.is_valid():
            return False
        try:
            change()
        except Contradiction as error:
            self.add_error(error.field if error.field in self.fields else None, error.message)
            return False
        return True


class UnitForm(AdministrationForm):
    """Names of a unit; a new one has its code, a new commission its level, an institution its profile."""

    def __init__(self, *args: Any, kind: str, unit: Unit | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.unit = kind, unit
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(_BOX))
        self.fields["name_en"] = forms.CharField(
            label=_("English name"), max_length=160, required=False, widget=forms.TextInput(_BOX)
        )
        if unit is None:
            self._add_new()
        else:
            self.initial.update({"name": unit.name, "name_en": unit.name_en})
        if kind == Unit.Kind.INSTITUTION:
            self._add_profile()

    def _add_new(self) -> None:
        widget = forms.TextInput({**_BOX, "autocapitalize": "characters", "autocomplete": "off"})
        self.fields["code"] = forms.CharField(label=_("Code"), max_length=32, widget=widget)
        self.fields["code"].help_text = _(
            "Letters, digits and . _ -; it stands in addresses and sheets and never changes."
        )
        if self.kind == Unit.Kind.COMMISSION:
            levels = [(code, label) for code, label in Unit.Level.choices if code]
            self.fields["level"] = _open_choice(_("Level"), levels)

    def _add_profile(self) -> None:
        self.fields["class_level"] = _open_choice(_("Class"), Institution.ClassLevel.choices)
        self.fields["kind"] = forms.ChoiceField(
            label=_("Kind"), choices=Institution.Kind.choices, widget=forms.Select(_SELECT)
        )
        for name, label in (("beds", _("Beds")), ("staff", _("Staff on roll"))):
            number = forms.NumberInput({**_BOX, "inputmode": "numeric"})
            self.fields[name] = forms.IntegerField(
                label=label, min_value=0, max_value=100_000, initial=0, widget=number
            )
        self.fields["large_specialist_reason"] = forms.CharField(
            label=_("Large specialist hospital, because"), max_length=200, required=False, widget=forms.TextInput(_BOX)
        )
        self.fields["large_specialist_reason"].help_text = _(
            "Leave empty for every other institution. The reason decides which rows of the rubric apply."
        )
        if self.unit is not None:
            self._add_head(self.unit)

    def _add_head(self, unit: Unit) -> None:
        before = Profile.of(Institution.objects.get(pk=unit.pk))
        people = Person.objects.filter(pk__in=Post.objects.filter(unit__path__startswith=unit.path).values("person"))
        if before.first_responsible is not None:
            people |= Person.objects.filter(pk=before.first_responsible.pk)
        self.fields["first_responsible"] = forms.ModelChoiceField(
            people.order_by("username"),
            label=_("First responsible person"),
            required=False,
            widget=forms.Select(_SELECT),
        )
        self.fields["first_responsible"].help_text = _("People with a post in the institution.")
        self.initial.update(before.columns())

    def profile(self) -> Profile | None:
        """Return the profile that was entered; null for a unit without one."""
        if self.kind != Unit.Kind.INSTITUTION:
            return None
        values = {name: self.cleaned_data[name] for name in Profile.__slots__ if name in self.cleaned_data}
        values["large_specialist_reason"] = values["large_specialist_reason"].strip()
        values["class_level"] = int(values["class_level"])
        return Profile(**values, is_large_specialist=bool(values["large_specialist_reason"]))


class PersonForm(AdministrationForm):
    """A person; a new one has a user name and usually a first post."""

    def __init__(self, *args: Any, place: Place, person: Person | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label=_("Full name"), max_length=60, widget=forms.TextInput(_BOX))
        if person is None:
            widget = forms.TextInput({**_BOX, "autocapitalize": "none", "autocomplete": "off"})
            self.fields["username"] = forms.CharField(label=_("User name"), max_length=64, widget=widget)
            self.fields["username"].help_text = _("For signing in: letters, digits and . _ @ -")
        phone = forms.TextInput({**_BOX, "inputmode": "tel"})
        self.fields["phone"] = forms.CharField(label=_("Phone"), max_length=20, required=False, widget=phone)
        if person is None:
            add_post_fields(self, place, is_required=False)
        else:
            self.initial.update({"name": person.name, "phone": person.phone})


class PostForm(AdministrationForm):
    """A role at a unit from one day to another."""

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_post_fields(self, place, is_required=True)


class EndForm(AdministrationForm):
    """The day from which a post holds no longer."""

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends_on"] = _day(_("No longer from"), is_required=True)
        self.fields["ends_on"].help_text = _(
            "On this day the post gives no rights any more. Today takes effect at once."
        )
        self.initial.setdefault("ends_on", place.today)


def add_post_fields(form: forms.Form, place: Place, *, is_required: bool) -> None:
    """Add role, unit and dates to a form; the unit in view is chosen."""
    roles: list[Any] = [
        (GROUPS[group], [(role.code, f"{role.name} · {held_at(role)}") for role in all_roles() if role.group is group])
        for group in GROUPS
    ]
    none = ("", "—") if is_required else ("", _("No post yet"))
    form.fields["role"] = forms.ChoiceField(
        label=_("Role"), choices=[none, *roles], required=is_required, widget=forms.Select(_SELECT)
    )
    form.fields["role"].help_text = _(
        "After the name: where the role is held. The page “Roles” says what each may do. "
        "Officers, protectors and the commission’s roles take two people."
    )
    units = _units(place)
    form.fields["unit"] = forms.ModelChoiceField(
        Unit.objects.filter(pk__in=[unit.pk for unit in units]), label=_("Unit"), empty_label=None
    )
    widget = forms.Select(_SELECT, choices=_grouped(units))
    form.fields["unit"].widget = widget
    form.initial.setdefault("unit", place.unit.pk)
    form.fields["starts_on"] = _day(_("From"), is_required=True)
    form.initial.setdefault("starts_on", place.today)
    form.fields["ends_on"] = _day(_("No longer from"), is_required=False)


def _units(place: Place) -> list[Unit]:
    below = Unit.objects.filter(path__startswith=place.unit.path, is_active=True).order_by("path")
    if place.unit.kind == Unit.Kind.COMMISSION and below.count() > MANY_UNITS:
        below = below.exclude(kind=Unit.Kind.DEPARTMENT)
    return list(below)


def _grouped(units: list[Unit]) -> list[Any]:
    """Return choices in tree order: commissions by themselves, each institution as a group with its departments."""
    choices: list[Any] = []
    for unit in units:
        one = (unit.pk, f"{unit_name(unit)} · {unit.code}")
        if unit.kind == Unit.Kind.INSTITUTION:
            choices.append((unit_name(unit), [one]))
        elif unit.kind == Unit.Kind.DEPARTMENT and choices and isinstance(choices[-1][1], list):
            choices[-1][1].append(one)
        else:
            choices.append(one)
    return choices


def _day(label: Any, *, is_required: bool) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **_BOX})
    return forms.DateField(label=label, required=is_required, widget=widget)


def _open_choice(label: Any, choices: Any) -> forms.ChoiceField:
    field = forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect)
    field.is_group = True  # type: ignore[attr-defined]
    return field
