"""The form in which a reviewer judges a rule. The decision goes through `perform`; its rules are asked there, not here."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.assessment.models import Judgement
from anlan.assessment.sheet import RuleScore, Sheet
from anlan.flow.errors import FlowError
from anlan.flow.evidence import Upload
from anlan.flow.perform import perform
from anlan.web.forms import FilesField
from anlan.web.place import Place
from anlan.web.scores_words import points_text


class JudgeForm(forms.Form):
    """Verdict, points, reason and evidence on one rule of one sheet."""

    verdict = forms.ChoiceField(label=gettext_lazy("Decision"), widget=forms.RadioSelect)
    points = forms.DecimalField(
        label=gettext_lazy("Points to take"), min_value=Decimal(0), decimal_places=2, max_digits=6, required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=1000, widget=forms.Textarea(attrs={"class": "form-control", "rows": 3})
    )
    evidence = FilesField(label=gettext_lazy("Evidence"))
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, sheet: Sheet, score: RuleScore, **kwargs: Any) -> None:
        kwargs["auto_id"] = f"judge-{score.code}-%s"
        super().__init__(*args, **kwargs)
        self.sheet, self.score = sheet, score
        self.most = score.rule.body.most or sheet.category(sheet.rubric.rule(score.code)[0].code).max
        self.initial.setdefault("key", uuid.uuid4().hex)
        self._dress()

    def _dress(self) -> None:
        choices = verdicts(self.score)
        verdict, points = self.fields["verdict"], self.fields["points"]
        verdict.choices = choices  # type: ignore[attr-defined]
        verdict.is_group = True  # type: ignore[attr-defined]
        if len(choices) == 1:
            verdict.widget = forms.HiddenInput()
            self.initial["verdict"] = choices[0][0]
            points.required = choices[0][0] == "set"
            points.error_messages["required"] = _("Enter the points to take; 0 is an answer.")
        limit = points_text(self.most)
        points.widget = forms.NumberInput(attrs={"class": "form-control", "min": "0", "max": limit, "step": "0.5"})
        points.help_text = _("0 to %(most)s. Enter 0 when nothing is to be taken.") % {"most": limit}
        self.fields["reason"].is_wide = True  # type: ignore[attr-defined]
        self.fields["evidence"].is_wide = True  # type: ignore[attr-defined]
        self.fields["evidence"].help_text = _(
            "Needed when points are taken. Photos, PDF, DOCX or XLSX, up to 20 MB each and 26 MB together."
        )

    def clean(self) -> dict[str, Any]:
        """Points belong to the verdict "set" and stay within the rule; taking any needs a file."""
        data: dict[str, Any] = super().clean() or {}
        points, verdict = data.get("points"), data.get("verdict")
        if verdict == "set" and points is None and "points" not in self.errors:
            self.add_error("points", _("Enter the points to take; 0 is an answer."))
        if verdict == "set" and points is not None and points * 100 > self.most:
            self.add_error("points", _("The rule takes at most %(most)s points.") % {"most": points_text(self.most)})
        if self._takes(verdict, points) and not data.get("evidence") and "evidence" not in self.errors:
            self.add_error("evidence", _("Points are taken: add at least one file as evidence."))
        return data

    def _takes(self, verdict: str | None, points: Decimal | None) -> bool:
        return verdict == "confirm" or (verdict == "set" and bool(points))

    def judge(self, place: Place) -> Judgement | None:
        """Record the decision; null when `perform` refused it, with its words beside the fields."""
        data = self.cleaned_data
        record = Judgement(institution=place.institution)
        try:
            files = [Upload(name=file.name, chunks=file.chunks()) for file in data["evidence"] or []]
            perform(record, "judge", by=place.actor, key=data["key"], evidence=files, values=self._values(place))
        except FlowError as error:
            self._refuse(error)
            return None
        return record

    def _values(self, place: Place) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "occurred_on": place.today,
            "rubric": self.sheet.rubric.code,
            "rule": self.score.code,
            "year": self.sheet.year,
            "verdict": data["verdict"],
            "deducted": int((data["points"] or 0) * 100) if data["verdict"] == "set" else 0,
            "reason": data["reason"],
        }

    def _refuse(self, error: FlowError) -> None:
        names = {"deducted": "points"}
        placed = False
        for name, messages in error.fields.items():
            if names.get(name, name) in self.fields:
                self.add_error(names.get(name, name), list(messages))
                placed = True
        if not placed:
            self.add_error(None, error.message)


def verdicts(score: RuleScore) -> list[tuple[str, Any]]:
    """Return the decisions open on a rule: a proposal may be confirmed or rejected, everything may be set."""
    choices = Judgement.Verdict
    if not score.proposed:
        return [(choices.SET.value, choices.SET.label)]
    taken = _("Confirm: %(points)s points are taken") % {"points": points_text(score.proposed)}
    return [
        (choices.CONFIRM.value, taken),
        (choices.REJECT.value, _("Reject: nothing is taken")),
        (choices.SET.value, _("Set other points")),
    ]
