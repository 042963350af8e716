"""Patient screening (易肇事肇祸精神障碍患者排查): how many were looked at, how many found, and when others must know. No names.

What was found must reach public security and comprehensive governance in time: a screening with finds opens a notice at once.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.clocks import due_date
from anlan.flow.declare import Deadline, FollowUp, Step
from anlan.flow.register import Register
from anlan_cn.registers.mental_health.police_notice import PoliceNotice

NOTICE = Deadline(parameter="patient_notice.days")


class PatientScreening(Register):
    """One round of screening, in counts only. `notice_due_on` is derived; `notified_on` comes with the notice that was sent."""

    class Method(models.TextChoices):
        WARD = "ward", _("Ward")
        CLINIC = "clinic", _("Outpatient clinic")
        COMMUNITY = "community", _("Community visit")

    method = models.CharField(_("Method"), max_length=12, choices=Method.choices)
    screened = models.PositiveIntegerField(_("People screened"))
    found = models.PositiveIntegerField(_("People found"))
    notice_due_on = models.DateField(_("Notice due on"), null=True, blank=True)
    notified_on = models.DateField(_("Notified on"), null=True, blank=True)

    class Meta(Register.Meta):
        verbose_name = _("Patient screening")
        verbose_name_plural = _("Patient screenings")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(condition=Q(screened__gt=0), name="anlan_cn_patientscreening_somebody_screened"),
            models.CheckConstraint(
                condition=Q(found__lte=models.F("screened")), name="anlan_cn_patientscreening_found_within_screened"
            ),
            models.CheckConstraint(
                condition=Q(found=0, notice_due_on__isnull=True) | Q(found__gt=0, notice_due_on__isnull=False),
                name="anlan_cn_patientscreening_due_when_found",
            ),
            models.CheckConstraint(
                condition=Q(notified_on__isnull=True) | (Q(found__gt=0) & Q(notified_on__gte=models.F("occurred_on"))),
                name="anlan_cn_patientscreening_notified_of_finds",
            ),
        ]

    class Flow:
        subsystem = "M14"
        prefix = "PS"
        retention = "retention.mental_health_years"
        purpose = _(
            "Each round that looked for patients who may harm themselves or others: how many were screened and found, in counts only."
        )
        clauses = ("S1-A2-k5", "S1-A2-k6", "S1-A2-e", "S1-A2-f", "S1-3.5-a", "S1-3.5-j", "S1-3.5-l")
        states = {"screened": _("Screened"), "notified": _("Notified")}
        final = ("notified",)
        occurred_label = _("Screened on")
        columns = ("method", "screened", "found", "notice_due_on", "notified_on")
        filters = ("method",)
        key = ("occurred_on", "method", "department")
        derived = ("notice_due_on",)

        record = Step(
            label=_("Record a screening"),
            target="screened",
            by=("can:record", "can:manage"),
            fields=("occurred_on", "method", "screened", "found"),
            requires=("method", "screened", "found"),
            consequence=_("If anybody was found, a notice to public security and comprehensive governance falls due"),
            clause="S1-3.5-a",
            follow="open_notice",
        )
        note_notice = Step(
            label=_("Note the notice"),
            sources=("screened",),
            target="notified",
            by=("can:manage",),
            fields=("notified_on",),
            requires=("notified_on",),
            consequence=_("The screening counts as notified on that day; sending its notice does this by itself"),
            clause="S1-A2-k6",
        )

    class Privacy:
        register = "sensitive"
        default = "sensitive"

    def derive(self, *, today: dt.date) -> None:
        """A notice is due only when somebody was found, counted from the day of the screening."""
        self.notice_due_on = due_date(NOTICE, start=self.occurred_on) if self.found else None

    def clean(self) -> None:
        """No more are found than screened; only finds are notified, and not before they were found."""
        super().clean()
        if not self.screened:
            raise ValidationError({"screened": _("A screening looks at somebody: give the number of people screened.")})
        if self.found > self.screened:
            words = {"found": self.found, "screened": self.screened}
            raise ValidationError(
                {"found": _("%(found)d people found of %(screened)d screened; correct one of the two numbers.") % words}
            )
        if self.notified_on and not self.found:
            raise ValidationError({"notified_on": _("Nobody was found, so there is nothing to notify.")})
        if self.notified_on and self.notified_on < self.occurred_on:
            raise ValidationError({"notified_on": _("The notice cannot be older than the screening.")})

    def open_notice(self) -> tuple[FollowUp, ...]:
        """Return the opening of a notice that is due, when somebody was found and nobody was told yet."""
        if not self.found or self.notified_on:
            return ()
        data = {
            "occurred_on": self.occurred_on,
            "screening": self,
            "patients": self.found,
            "department": self.department_id,
        }
        return (FollowUp(record=PoliceNotice(institution=self.institution), step="open", data=data),)
