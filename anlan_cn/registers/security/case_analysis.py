"""Case analysis (案情分析): the month's cases, what they show, and the warning that goes out."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register

WARNING_WITHOUT_MEASURES = _("An orange or red warning says what is done about it.")


class CaseAnalysis(Register):
    """One analysis of security cases; it stands for the month of `occurred_on`. Only a reported analysis counts."""

    class WarningLevel(models.TextChoices):
        BLUE = "blue", _("Blue")
        YELLOW = "yellow", _("Yellow")
        ORANGE = "orange", _("Orange")
        RED = "red", _("Red")

    cases_reviewed = models.PositiveIntegerField(_("Cases reviewed"))
    warning_level = models.CharField(_("Warning level"), max_length=8, choices=WarningLevel.choices)
    findings = models.TextField(_("Findings of the analysis"), max_length=2000)
    measures_taken = models.TextField(_("Measures taken"), max_length=2000, blank=True)

    class Meta(Register.Meta):
        verbose_name = _("Case analysis")
        db_table = "anlan_cn_case_analysis"
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(warning_level__in=("orange", "red")) | ~Q(measures_taken=""),
                name="anlan_cn_case_analysis_warning_has_measures",
                violation_error_message=WARNING_WITHOUT_MEASURES,
            ),
        ]

    class Flow:
        subsystem = "M06"
        prefix = "CA"
        purpose = _("The monthly look at security cases: what they show, how serious it is, who was warned.")
        clauses = ("S1-A3-d", "S1-A3-k2")
        states = {"drafted": _("Drafted"), "reported": _("Reported and filed")}
        counted = ("reported",)
        final = ("reported",)
        occurred_label = _("Analysed on")
        columns = ("cases_reviewed", "warning_level", "findings", "measures_taken")
        filters = ("warning_level",)
        search = ("findings", "measures_taken")
        key = ("occurred_on",)

        draft = Step(
            label=_("Write the analysis"),
            target="drafted",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("cases_reviewed", "warning_level", "findings"),
            consequence=_("The month is covered once the signed report is filed"),
            clause="S1-A3-d",
        )
        report = Step(
            label=_("File the signed report"),
            sources=("drafted",),
            target="reported",
            by=("can:manage",),
            fields=("findings", "measures_taken", "warning_level"),
            evidence=1,
            consequence=_("The month counts as analysed"),
            clause="S1-A3-k2",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """A grave warning without measures is half a report."""
        super().clean()
        if self.warning_level in ("orange", "red") and not self.measures_taken.strip():
            raise ValidationError({"measures_taken": WARNING_WITHOUT_MEASURES})
