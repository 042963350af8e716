"""Monthly key-place check (重点部位月检查): one check of each key place in each month; findings open a hazard."""

import datetime as dt
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import ANNULLED, FollowUp, Step
from anlan.flow.register import Register
from anlan_cn.registers.inspection.hazard import Hazard

ONCE_A_MONTH = _("This place has its check of the month already; supplement that one, or annul it first.")
NOT_OK_WITHOUT_FINDINGS = _('An answer says "no"; then there are findings.')
FINDINGS_DENIED = _("Findings are described; then there are findings.")


class KeyPlaceCheck(Register):
    """A check of the three defences of one place. An incomplete ledger row is kept and counts as incomplete."""

    place = models.ForeignKey(
        "anlan_cn.KeyPlace", on_delete=models.PROTECT, related_name="+", verbose_name=_("Key place"), db_index=False
    )
    month_no = models.PositiveIntegerField(_("Month"), editable=False)  # yyyymm
    checker_post = models.CharField(_("Checked by (post)"), max_length=60, blank=True)
    people_ok = models.BooleanField(_("People on guard"), null=True, blank=True)
    objects_ok = models.BooleanField(_("Doors, bars and safes in order"), null=True, blank=True)
    technology_ok = models.BooleanField(_("Devices in order"), null=True, blank=True)
    has_findings = models.BooleanField(_("Has findings"), default=False)
    findings = models.TextField(_("Findings of the check"), max_length=1000, blank=True)
    is_complete = models.BooleanField(_("Complete"), default=False, editable=False)

    class Meta(Register.Meta):
        verbose_name = _("Monthly key-place check")
        db_table = "anlan_cn_key_place_check"
        constraints = [
            *Register.Meta.constraints,
            # also the index behind the checks of one place
            models.UniqueConstraint(
                fields=["place", "month_no"],
                condition=~Q(state=ANNULLED),
                name="anlan_cn_key_place_check_once_a_month",
                violation_error_message=ONCE_A_MONTH,
            ),
            models.CheckConstraint(
                condition=Q(has_findings=True) | ~(Q(people_ok=False) | Q(objects_ok=False) | Q(technology_ok=False)),
                name="anlan_cn_key_place_check_no_means_findings",
                violation_error_message=NOT_OK_WITHOUT_FINDINGS,
            ),
            models.CheckConstraint(
                condition=Q(has_findings=True) | Q(findings=""),
                name="anlan_cn_key_place_check_text_means_findings",
                violation_error_message=FINDINGS_DENIED,
            ),
        ]

    class Flow:
        subsystem = "M05"
        prefix = "KC"
        purpose = _("The monthly look at every key place: people, doors and devices, and what was found.")
        clauses = ("S1-A6-c", "S1-A6-k2", "S2-4.2-n")
        states = {"checked": _("Checked"), "signed": _("Sheet on file")}
        final = ("signed",)
        occurred_label = _("Checked on")
        columns = ("place", "month_no", "checker_post", "has_findings", "findings", "is_complete")
        filters = ("month_no", "has_findings", "is_complete")
        search = ("checker_post", "findings")
        key = ("place", "occurred_on")
        derived = ("month_no", "is_complete")

        check = Step(
            label=_("Record a check"),
            target="checked",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("place",),
            consequence=_("Findings open a hazard with a deadline"),
            clause="S1-A6-c",
            follow="open_hazard",
        )
        supplement = Step(
            label=_("Fill in what is missing"),
            sources=("checked",),
            by=("can:record", "can:manage"),
            fields=("checker_post", "people_ok", "objects_ok", "technology_ok", "has_findings", "findings"),
            consequence=_("The check counts once it is complete"),
            clause="S1-A6-k2",
            follow="open_hazard",
        )
        sign = Step(
            label=_("File the signed check sheet"),
            sources=("checked",),
            target="signed",
            by=("can:record", "can:manage"),
            requires=("checker_post", "people_ok", "objects_ok", "technology_ok"),
            evidence=1,
            consequence=_("The check can be proved"),
            clause="S1-A6-k2",
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """The month is that of the check; complete means checker, three answers, and a text for the findings."""
        self.month_no = self.occurred_on.year * 100 + self.occurred_on.month
        answered = None not in (self.people_ok, self.objects_ok, self.technology_ok)
        described = bool(self.findings.strip()) or not self.has_findings
        self.is_complete = bool(self.checker_post.strip()) and answered and described

    def clean(self) -> None:
        """Answers and findings say the same."""
        super().clean()
        if not self.has_findings and False in (self.people_ok, self.objects_ok, self.technology_ok):
            raise ValidationError({"has_findings": NOT_OK_WITHOUT_FINDINGS})
        if not self.has_findings and self.findings:
            raise ValidationError({"has_findings": FINDINGS_DENIED})

    def open_hazard(self) -> Iterator[FollowUp]:
        """Yield the hazard that the findings open, once: when they are described for the first time."""
        if not self.has_findings or not self.findings.strip() or self.before.get("findings"):
            return
        data = {
            "occurred_on": self.occurred_on,
            "area": Hazard.Area.PLACE,
            "level": Hazard.Level.GENERAL,
            "place": self.place,
            "description": self.findings,
        }
        if self.department_id is not None:
            data["department"] = self.department
        yield FollowUp(record=Hazard(institution=self.institution), step="report", data=data)
