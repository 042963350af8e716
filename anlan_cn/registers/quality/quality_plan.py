"""Quality plan (质量管理活动方案): the year's quality activities of hospital and departments. Without one the whole category is lost."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister


class QualityPlan(StandingRegister):
    """A plan of quality activities with a term. It counts while it is in force, once it is issued."""

    title = models.CharField(_("Title"), max_length=120)
    document_no = models.CharField(_("Document number"), max_length=60, blank=True)
    covers_hospital = models.BooleanField(_("Covers the hospital"), default=False)
    covers_departments = models.BooleanField(_("Covers the departments"), default=False)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Quality plan")
        verbose_name_plural = _("Quality plans")
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(ended_on__isnull=False) & models.Q(ended_on__gt=models.F("occurred_on")),
                name="anlan_cn_qualityplan_has_term",
            ),
            models.CheckConstraint(
                condition=models.Q(covers_hospital=True) | models.Q(covers_departments=True),
                name="anlan_cn_qualityplan_covers_something",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="issued") | ~models.Q(document_no=""),
                name="anlan_cn_qualityplan_issued_with_number",
            ),
        ]

    class Flow:
        subsystem = "M08"
        prefix = "QP"
        purpose = _("The plans of quality activities, whom they cover, and the days on which they are in force.")
        clauses = ("S1-A5-k1", "S1-A5-b", "S1-A5-c", "S1-A5-d", "S2-6.7-c")
        states = {"drafted": _("Drafted"), "approved": _("Approved"), "issued": _("Issued")}
        counted = ("issued",)
        occurred_label = _("In force from")
        columns = ("title", "document_no", "covers_hospital", "covers_departments", "ended_on")
        filters = ("covers_hospital", "covers_departments")
        search = ("title", "document_no")
        key = ("title", "occurred_on")

        draft = Step(
            label=_("Draft a plan"),
            target="drafted",
            by=("can:manage",),
            fields=("*",),
            requires=("title", "ended_on"),
            consequence=_("The director approves it"),
            clause="S1-A5-b",
        )
        approve = Step(
            label=_("Approve"),
            sources=("drafted",),
            target="approved",
            by=("can:approve",),
            consequence=_("The office issues it with a number"),
            clause="S1-A5-b",
        )
        send_back = Step(
            label=_("Send back"),
            sources=("approved",),
            target="drafted",
            by=("can:approve", "can:manage"),
            needs_reason=True,
            consequence=_("The office redrafts it"),
            clause="S1-A5-b",
        )
        redraft = Step(
            label=_("Redraft"),
            sources=("drafted",),
            target="drafted",
            by=("can:manage",),
            fields=("*",),
            requires=("title", "ended_on"),
            consequence=_("The director approves it"),
            clause="S1-A5-b",
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
            clause="S1-A5-k1",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """A plan has a term and covers somebody; an issued plan has a number."""
        super().clean()
        if self.ended_on is None or self.ended_on <= self.occurred_on:
            raise ValidationError(
                {"ended_on": _("A plan has a term: give the first day on which it is no longer in force.")}
            )
        if not self.covers_hospital and not self.covers_departments:
            raise ValidationError(
                {
                    "covers_hospital": _(
                        "A quality plan covers the hospital, its departments or both; tick at least one."
                    )
                }
            )
        if self.state == "issued" and not self.document_no:
            raise ValidationError({"document_no": _("An issued document carries a number.")})
