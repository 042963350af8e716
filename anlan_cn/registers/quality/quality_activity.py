"""Quality activity (质量管理活动): what hospital and function lines did for quality, with self-check and rectification."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register


class QualityActivity(Register):
    """One activity. Departments act on a line each month; the hospital acts as a whole each quarter and may leave the line empty."""

    class Level(models.TextChoices):
        HOSPITAL = "hospital", _("Hospital")
        DEPARTMENT = "department", _("Function department")

    class Line(models.TextChoices):
        MEDICAL = "medical", _("Medical care")
        NURSING = "nursing", _("Nursing")
        INFECTION = "infection", _("Infection control")
        TECHNOLOGY = "technology", _("Medical technology")

    level = models.CharField(_("Level of the activity"), max_length=12, choices=Level.choices)
    line = models.CharField(_("Quality line"), max_length=12, choices=Line.choices, blank=True)
    title = models.CharField(_("Title"), max_length=120)
    has_self_check = models.BooleanField(_("Has a self-check"), default=False)
    has_rectification = models.BooleanField(_("Has rectification measures"), default=False)
    self_check = models.TextField(_("Findings of the self-check"), max_length=2000, blank=True)
    rectification = models.TextField(_("Rectification measures"), max_length=2000, blank=True)

    class Meta(Register.Meta):
        verbose_name = _("Quality activity")
        verbose_name_plural = _("Quality activities")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=Q(level="hospital") | ~Q(line=""), name="anlan_cn_qualityactivity_department_has_line"
            ),
            models.CheckConstraint(
                condition=Q(has_self_check=False) | ~Q(self_check=""),
                name="anlan_cn_qualityactivity_self_check_written",
            ),
            models.CheckConstraint(
                condition=Q(has_rectification=False) | ~Q(rectification=""),
                name="anlan_cn_qualityactivity_rectification_written",
            ),
        ]

    class Flow:
        subsystem = "M08"
        prefix = "QA"
        purpose = _(
            "Every quality activity of the hospital and of the four lines, what the self-check found and what was done about it."
        )
        clauses = ("S1-A5-k2", "S1-A5-k3", "S1-A5-c", "S1-A5-d", "S1-A5-e", "S1-A5-f", "S0-3.1-f", "S2-4.2-r")
        states = {"held": _("Held"), "rectified": _("Rectified"), "verified": _("Verified")}
        final = ("verified",)
        occurred_label = _("Held on")
        columns = ("level", "line", "title", "has_self_check", "has_rectification")
        filters = ("level", "line", "has_self_check", "has_rectification")
        search = ("title", "self_check", "rectification")
        key = ("occurred_on", "level", "line", "title")

        record = Step(
            label=_("Record an activity"),
            target="held",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("level", "title"),
            consequence=_("Its month and quarter count as covered"),
            clause="S1-A5-k2",
        )
        rectify = Step(
            label=_("Add the rectification"),
            sources=("held",),
            target="rectified",
            by=("can:record", "can:manage"),
            fields=("has_self_check", "self_check", "rectification"),
            requires=("rectification",),
            consequence=_("The office looks at it and files the minutes"),
            clause="S1-A5-k3",
        )
        verify = Step(
            label=_("Verify"),
            sources=("rectified",),
            target="verified",
            by=("can:verify",),
            evidence=1,
            consequence=_("The activity is closed with its papers on file"),
            clause="S1-A5-f",
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """Whoever took the step "rectify" wrote the measures down."""
        if self.state in ("rectified", "verified"):
            self.has_rectification = True

    def clean(self) -> None:
        """A department acts on a line; what is ticked is written down."""
        super().clean()
        if self.level == self.Level.DEPARTMENT and not self.line:
            raise ValidationError({"line": _("A function department acts on one of the four lines: choose it.")})
        if self.has_self_check and not self.self_check.strip():
            raise ValidationError({"self_check": _("You say that there was a self-check: write down what it found.")})
        if self.has_rectification and not self.rectification.strip():
            raise ValidationError(
                {"rectification": _("You say that there are rectification measures: write them down.")}
            )
