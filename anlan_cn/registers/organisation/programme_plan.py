"""Programme plan (创建规划、实施方案): what the institution wants to reach, from which day to which."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

LONGEST_YEAR = dt.timedelta(days=366)


class ProgrammePlan(StandingRegister):
    """A year plan or an implementation scheme. It counts while it is in force, once it is issued."""

    class Kind(models.TextChoices):
        YEAR_PLAN = "year_plan", _("Year plan")
        IMPLEMENTATION_SCHEME = "implementation_scheme", _("Implementation scheme")

    kind = models.CharField(_("Kind"), max_length=24, choices=Kind.choices)
    title = models.CharField(_("Title"), max_length=120)
    document_no = models.CharField(_("Document number"), max_length=60, blank=True)
    goals = models.TextField(_("Goals"), max_length=2000)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Programme plan")
        verbose_name_plural = _("Programme plans")
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(ended_on__isnull=False) & models.Q(ended_on__gt=models.F("occurred_on")),
                name="anlan_cn_programmeplan_has_term",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="issued") | ~models.Q(document_no=""),
                name="anlan_cn_programmeplan_issued_with_number",
            ),
        ]

    class Flow:
        subsystem = "M01"
        prefix = "PP"
        purpose = _(
            "The year plans and implementation schemes, what they aim at, and the days on which they are in force."
        )
        clauses = ("S1-A1-k3", "S1-3.2-g", "S1-3.4-a", "S1-2.2-b", "S1-0-a", "S0-0-a", "S2-1.0-a", "S2-1.0-e", "S3-1-a")
        states = {"drafted": _("Drafted"), "approved": _("Approved"), "issued": _("Issued")}
        counted = ("issued",)
        occurred_label = _("In force from")
        columns = ("kind", "title", "document_no", "ended_on")
        filters = ("kind",)
        search = ("title", "document_no", "goals")
        key = ("kind", "title", "occurred_on")

        draft = Step(
            label=_("Draft a plan"),
            target="drafted",
            by=("can:manage",),
            fields=("*",),
            requires=("kind", "title", "goals", "ended_on"),
            consequence=_("The director approves it"),
            clause="S1-3.2-g",
        )
        approve = Step(
            label=_("Approve"),
            sources=("drafted",),
            target="approved",
            by=("can:approve",),
            consequence=_("The office issues it with a number"),
            clause="S1-3.4-a",
        )
        send_back = Step(
            label=_("Send back"),
            sources=("approved",),
            target="drafted",
            by=("can:approve", "can:manage"),
            needs_reason=True,
            consequence=_("The office redrafts it"),
            clause="S1-3.4-a",
        )
        redraft = Step(
            label=_("Redraft"),
            sources=("drafted",),
            target="drafted",
            by=("can:manage",),
            fields=("*",),
            requires=("kind", "title", "goals", "ended_on"),
            consequence=_("The director approves it"),
            clause="S1-3.2-g",
        )
        issue = Step(
            label=_("Issue the plan"),
            sources=("approved",),
            target="issued",
            by=("can:manage",),
            fields=("document_no",),
            requires=("document_no",),
            evidence=1,
            consequence=_("The plan counts on every day of its term"),
            clause="S1-A1-k3",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """A plan has a term, a year plan one of a year at most; an issued plan has a number."""
        super().clean()
        if self.ended_on is None or self.ended_on <= self.occurred_on:
            raise ValidationError(
                {"ended_on": _("A plan has a term: give the first day on which it is no longer in force.")}
            )
        if self.kind == self.Kind.YEAR_PLAN and self.ended_on - self.occurred_on > LONGEST_YEAR:
            raise ValidationError(
                {
                    "ended_on": _(
                        "A year plan lasts a year at most; shorten the term, or record an implementation scheme."
                    )
                }
            )
        if self.state == "issued" and not self.document_no:
            raise ValidationError({"document_no": _("An issued document carries a number.")})
