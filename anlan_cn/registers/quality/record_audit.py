"""Record audit (病历质量检查): how many medical records were sampled and which grade they got."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register


class RecordAudit(Register):
    """One round over archived or running records. Grades A, B and C add up to the sample."""

    class Sample(models.TextChoices):
        ARCHIVED = "archived", _("Archived records")
        RUNNING = "running", _("Running records")

    sample = models.CharField(_("Sample"), max_length=12, choices=Sample.choices)
    sampled = models.PositiveIntegerField(_("Records sampled"))
    grade_a = models.PositiveIntegerField(_("Grade A"))
    grade_b = models.PositiveIntegerField(_("Grade B"))
    grade_c = models.PositiveIntegerField(_("Grade C"))

    class Meta(Register.Meta):
        verbose_name = _("Medical-record audit")
        verbose_name_plural = _("Medical-record audits")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(condition=Q(sampled__gt=0), name="anlan_cn_recordaudit_something_sampled"),
            models.CheckConstraint(
                condition=Q(sampled=F("grade_a") + F("grade_b") + F("grade_c")),
                name="anlan_cn_recordaudit_grades_add_up",
            ),
        ]

    class Flow:
        subsystem = "M08"
        prefix = "RA"
        purpose = _("Each round that graded medical records: how many were sampled, how many got grade A, B and C.")
        clauses = ("S1-A5-k4", "S0-3.2-c", "S2-1.1-e", "S1-A5-f")
        states = {"audited": _("Audited"), "fed_back": _("Fed back")}
        final = ("fed_back",)
        occurred_label = _("Audited on")
        columns = ("sample", "sampled", "grade_a", "grade_b", "grade_c")
        filters = ("sample",)
        key = ("occurred_on", "sample", "department")

        record = Step(
            label=_("Record an audit"),
            target="audited",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("sample", "sampled", "grade_a", "grade_b", "grade_c"),
            consequence=_("The rate of grade-A records counts it"),
            clause="S1-A5-k4",
            independent="can:review",
        )
        feed_back = Step(
            label=_("Feed back"),
            sources=("audited",),
            target="fed_back",
            by=("can:manage",),
            evidence=1,
            consequence=_("The departments have the list of defects"),
            clause="S1-A5-f",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """Something was sampled, and the grades add up to it."""
        super().clean()
        if not self.sampled:
            raise ValidationError({"sampled": _("An audit looks at one record at least: give the number sampled.")})
        total = self.grade_a + self.grade_b + self.grade_c
        if total != self.sampled:
            words = {"total": total, "sampled": self.sampled}
            raise ValidationError(
                {"sampled": _("Grades A, B and C add up to %(total)d, but %(sampled)d records were sampled.") % words}
            )
