"""Forms built from a register's declaration: one field per column that a step may set. Rules stay in `perform`."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from anlan.flow.cases import clearance_in_record
from anlan.flow.declare import Step
from anlan.flow.errors import FlowError
from anlan.flow.evidence import ACCEPTED, Upload
from anlan.flow.masking import may_read
from anlan.flow.references import reference_text
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.flow.unmasking import openable
from anlan.org.models import Unit
from anlan.org.roles import Reach
from anlan.org.scope import Actor
from anlan.web.place import unit_name

MANY = 4  # up to so many choices lie open as radio buttons
# Django's own sentence, named here so that our Chinese for it replaces Django's, which speaks of variables.
TOO_LONG = ngettext_lazy(
    "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
    "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    "limit_value",
)


class ReferenceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice among records of the institution, shown with number and name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the words of one choice."""
        return unit_name(obj) if isinstance(obj, Unit) else reference_text(obj)


class FilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """Several evidence files. Cleans to a list of uploads, empty when none came."""

    def __init__(self, *, least: int = 0, **kwargs: Any) -> None:
        self.least = least
        widget = FilesInput(attrs={"class": "form-control", "multiple": True, "accept": ",".join(ACCEPTED)})
        super().__init__(required=least > 0, widget=widget, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the uploads."""
        uploads = [data] if data and not isinstance(data, list | tuple) else list(data or [])
        return [super(FilesField, self).clean(one, initial) for one in uploads] if uploads else self._none()

    def _none(self) -> list[Any]:
        if self.required:
            raise forms.ValidationError(_("Add at least %(count)d file(s) as evidence."), params={"count": self.least})
        return []


class StepForm(forms.Form):
    """The form of one step on one record. `answers()` gives what `perform` takes; `refuse` puts its complaints in place."""

    template_name_div = "anlan/part/fields.html"

    def __init__(self, *args: Any, record: Register, step_name: str, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record, self.step_name, self.actor = record, step_name, actor
        self.spec: RegisterSpec = spec_of(record)
        self.step: Step = self.spec.steps[step_name]
        for name in self._columns():
            self.fields[name] = _form_field(self, name)
            if self._keeps_masked(name):
                continue
            if record.pk is not None or getattr(record, name, None) not in (None, ""):
                self.initial.setdefault(name, getattr(record, self.spec.field(name).attname))
        self._add_asides()

    def _columns(self) -> list[str]:
        allowed = self.spec.settable(self.step)
        names = [field.name for field in self.spec.fields if field.name in allowed and field.name != "department"]
        if self.record.pk is None and _departments(self.record, self.actor) is not None:
            names.insert(1, "department")
        if self.record.pk is None:  # who opens a record knows what they write, sealed or not
            return names
        clearance, masked = clearance_in_record(self.record), openable(self.record, to=self.actor)
        return [name for name in names if name in masked or may_read(self.spec, name, clearance=clearance)]

    def _keeps_masked(self, name: str) -> bool:
        """A stored name is not shown by a form: an empty box keeps it, a new value replaces it."""
        if self.record.pk is None or name not in self.spec.identity:
            return False
        self.fields[name].required = self.fields[name].widget.is_required = False
        self.fields[name].help_text = _("Masked. Leave empty to keep it.")
        return True

    def _add_asides(self) -> None:
        if self.step.needs_reason:
            widget = forms.Textarea(attrs={"class": "form-control", "rows": 2})
            self.fields["reason"] = forms.CharField(label=_("Reason"), max_length=500, widget=widget)
            self.fields["reason"].help_text = _("The reason stays in the timeline.")
            self.fields["reason"].is_wide = True  # type: ignore[attr-defined]
        self.fields["evidence"] = FilesField(least=_least(self.step), label=_("Evidence"))
        self.fields["evidence"].help_text = _("Photos, PDF, DOCX or XLSX, up to 20 MB each and 26 MB together.")
        self.fields["evidence"].is_wide = True  # type: ignore[attr-defined]
        self.fields["key"] = forms.CharField(widget=forms.HiddenInput, initial=lambda: uuid.uuid4().hex, max_length=64)
        self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, initial=self.record.version)

    def answers(self) -> dict[str, Any]:
        """Return the keyword arguments for `perform`: columns, reason, key and the files, not looked into yet."""
        aside = {"reason", "evidence", "key", "version"}
        data = {name: value for name, value in self.cleaned_data.items() if name not in aside}
        if self.record.pk is not None:
            data = {name: value for name, value in data.items() if value or name not in self.spec.identity}
        uploads = self.cleaned_data.get("evidence") or []
        return {
            "reason": self.cleaned_data.get("reason", ""),
            "key": self.cleaned_data["key"],
            "evidence": [Upload(name=file.name, chunks=file.chunks()) for file in uploads],
            **data,
        }

    def refuse(self, error: FlowError) -> None:
        """Put the complaints of `perform` beside the fields they are about, the rest on top."""
        placed = False
        for name, messages in error.fields.items():
            if name in self.fields:
                self.add_error(name, list(messages))
                placed = True
        if not placed:
            self.add_error(None, error.message)


def _least(step: Step) -> int:
    """Return how many files the form insists on; a number that depends on the answers is left to `perform`."""
    return step.evidence if isinstance(step.evidence, int) else 0


def _form_field(form: StepForm, name: str) -> forms.Field:
    field, spec = form.spec.field(name), form.spec
    made = _reference(form, field) if isinstance(field, models.ForeignKey) else _plain(field)
    made.label = spec.label(name)
    made.required = name in form.step.requires or (
        not isinstance(field, models.BooleanField) and not field.blank and not field.has_default()
    )
    if name == "occurred_on":
        made.required = True
    made.widget.is_required = made.required
    made.is_wide = isinstance(field, models.TextField)  # type: ignore[attr-defined]
    return made


def _plain(field: "models.Field[Any, Any]") -> forms.Field:
    if field.choices:
        return _choice(field)
    if isinstance(field, models.BooleanField):
        return _yes_no(field)
    made = field.formfield(widget=_widget(field))
    if made is None:
        raise TypeError(f'Column "{field.name}" has no form field; declare it as derived or give it one.')
    return made


def _choice(field: "models.Field[Any, Any]") -> forms.Field:
    choices = [(value, label) for value, label in field.flatchoices if value not in (None, "")]
    if len(choices) <= MANY and not field.blank:
        made = forms.TypedChoiceField(choices=choices, widget=forms.RadioSelect, initial=_default(field))
        made.is_group = True  # type: ignore[attr-defined]
    else:
        empty = [("", "—")]
        made = forms.TypedChoiceField(choices=[*empty, *choices], widget=forms.Select(attrs={"class": "form-select"}))
        made.initial = _default(field)
    made.coerce = lambda value: field.to_python(value) if value != "" else value
    return made


def _default(field: "models.Field[Any, Any]") -> Any:
    return field.get_default() if field.has_default() else None


def _yes_no(field: "models.Field[Any, Any]") -> forms.Field:
    if not field.null:
        return forms.BooleanField(widget=forms.CheckboxInput, initial=_default(field), required=False)
    choices = [("", _("Not known")), ("true", _("Yes")), ("false", _("No"))]
    words: Mapping[str, bool | None] = {"true": True, "True": True, "false": False, "False": False}
    made = forms.TypedChoiceField(
        choices=choices, widget=forms.RadioSelect, coerce=words.get, empty_value=None, required=False
    )
    made.is_group = True  # type: ignore[attr-defined]
    return made


def _widget(field: "models.Field[Any, Any]") -> forms.Widget:
    if isinstance(field, models.DateField):
        return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control"})
    if isinstance(field, models.TextField):
        return forms.Textarea(attrs={"rows": 3, "class": "form-control"})
    if isinstance(field, models.IntegerField):
        return forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"})
    if isinstance(field, models.DecimalField):
        return forms.NumberInput(attrs={"class": "form-control", "inputmode": "decimal", "step": "any"})
    return forms.TextInput(attrs={"class": "form-control"})


def _reference(form: StepForm, field: "models.ForeignKey[Any, Any]") -> forms.Field:
    target: Any = field.related_model
    if field.name == "department":
        rows = _departments(form.record, form.actor)
    else:
        rows = (
            target.objects.filter(institution=form.record.institution)
            .exclude(state="annulled")
            .order_by("-occurred_on")
        )
    return ReferenceField(queryset=rows, widget=forms.Select(attrs={"class": "form-select"}), empty_label="—")


def _departments(record: Register, actor: Actor) -> Any:
    """Return the departments that the person may record for; null when there is nothing to choose."""
    below = Unit.objects.filter(path__startswith=record.institution.unit.path, kind=Unit.Kind.DEPARTMENT)
    grants = actor.grants_for(institution_path=record.institution.unit.path, institution_id=record.institution_id)
    if grants and all(grant.role.reach is Reach.DEPARTMENT for grant in grants):
        own = [grant.unit_id for grant in grants]
        return below.filter(pk__in=own) if len(own) > 1 else None
    return below if below.exists() else None
