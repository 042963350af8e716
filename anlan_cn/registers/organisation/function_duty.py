"""Function duty (职能部门职责): what each function line owes to the programme, and whether it has signed for it."""

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister


class FunctionDuty(StandingRegister):
    """One duty of one function line. It counts from the start; `is_signed` follows the state, so that a tick needs a paper."""

    class Line(models.TextChoices):
        ADMINISTRATION = "administration", _("Administration")
        MEDICAL = "medical", _("Medical affairs")
        NURSING = "nursing", _("Nursing")
        LOGISTICS = "logistics", _("Logistics")
        SECURITY = "security", _("Security")
        INFORMATION = "information", _("Information")
        PERSONNEL = "personnel", _("Personnel")

    line = models.CharField(_("Function line"), max_length=16, choices=Line.choices)
    duty = models.TextField(_("Duty"), max_length=1000)
    is_signed = models.BooleanField(_("Signed"), default=False)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Function duty")
        verbose_name_plural = _("Function duties")
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(is_signed=False) | ~models.Q(state="assigned"),
                name="anlan_cn_functionduty_signed_by_step",
            ),
        ]

    class Flow:
        subsystem = "M02"
        prefix = "FD"
        purpose = _("What each function department owes to the programme, and whether it has signed for it.")
        clauses = ("S1-A3-k1", "S1-3.1-c", "S1-3.2-d", "S1-3.2-e", "S1-4.1-b", "S2-1.4-a", "S2-2.1-d", "S2-1.6-a")
        states = {"assigned": _("Duty assigned"), "signed": _("Signed")}
        occurred_label = _("Assigned on")
        columns = ("line", "duty", "is_signed", "ended_on")
        filters = ("line", "is_signed")
        search = ("duty",)
        key = ("line", "duty", "occurred_on")
        derived = ("is_signed",)

        assign = Step(
            label=_("Assign a duty"),
            target="assigned",
            by=("can:manage",),
            fields=("*",),
            requires=("line", "duty"),
            consequence=_("The department signs for it"),
            clause="S1-4.1-b",
        )
        sign = Step(
            label=_("File the signed duty"),
            sources=("assigned",),
            target="signed",
            by=("can:record", "can:manage"),
            evidence=1,
            consequence=_("The reviewer sees who shares the work"),
            clause="S1-3.2-e",
        )
        amend = Step(
            label=_("Amend the duty"),
            sources=("assigned", "signed"),
            target="assigned",
            by=("can:manage",),
            fields=("duty",),
            requires=("duty",),
            needs_reason=True,
            consequence=_("The department signs for the new wording"),
            clause="S1-4.1-b",
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """Signed means that the signed paper came with the step."""
        if self.state != "annulled":
            self.is_signed = self.state == "signed"
