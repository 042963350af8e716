"""Technical training (业务技术培训): mental-health classes, sanji (三基三严) and emergency skills, with a complete ledger."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register

LEDGER = ("has_sign_in_sheet", "has_materials", "has_test")


class TechnicalTraining(Register):
    """One class for the trade. Its ledger is complete when sign-in sheet, materials and test are all there."""

    class Kind(models.TextChoices):
        MENTAL_HEALTH = "mental_health", _("Mental health")
        SANJI = "sanji", _("Sanji (basic theory, knowledge and skills)")
        EMERGENCY_SKILL = "emergency_skill", _("Emergency skills")
        OTHER = "other", _("Other")

    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    title = models.CharField(_("Title"), max_length=120)
    lecturer_post = models.CharField(_("Post of the lecturer"), max_length=60)
    hours = models.DecimalField(_("Class hours"), max_digits=4, decimal_places=1)
    attended_count = models.PositiveIntegerField(_("People who came"))
    has_sign_in_sheet = models.BooleanField(_("Sign-in sheet kept"), default=False)
    has_materials = models.BooleanField(_("Materials kept"), default=False)
    has_test = models.BooleanField(_("Test kept"), default=False)
    is_ledger_complete = models.BooleanField(_("Ledger complete"), default=False)

    class Meta(Register.Meta):
        verbose_name = _("Technical training")
        verbose_name_plural = _("Technical trainings")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(condition=Q(hours__gt=0), name="anlan_cn_technicaltraining_hours_positive"),
            models.CheckConstraint(
                condition=Q(has_sign_in_sheet=False) | Q(attended_count__gt=0),
                name="anlan_cn_technicaltraining_sheet_has_names",
            ),
            models.CheckConstraint(
                condition=Q(is_ledger_complete=True, has_sign_in_sheet=True, has_materials=True, has_test=True)
                | (
                    Q(is_ledger_complete=False)
                    & (Q(has_sign_in_sheet=False) | Q(has_materials=False) | Q(has_test=False))
                ),
                name="anlan_cn_technicaltraining_complete_is_all_three",
            ),
        ]

    class Flow:
        subsystem = "M15"
        prefix = "TT"
        purpose = _(
            "Every technical class that was held, and whether sign-in sheet, materials and test are in its ledger."
        )
        clauses = (
            "S1-A2-k4",
            "S1-A2-d",
            "S1-3.5-k",
            "S0-3.2-e",
            "S0-3.2-f",
            "S2-1.1-g",
            "S2-3.3-c",
            "S2-4.2-f",
            "S3-2.1-l",
        )
        states = {"held": _("Held"), "archived": _("Archived")}
        final = ("archived",)
        occurred_label = _("Held on")
        columns = ("kind", "title", "lecturer_post", "hours", "attended_count", "is_ledger_complete")
        filters = ("kind", "is_ledger_complete")
        search = ("title", "lecturer_post")
        key = ("occurred_on", "kind", "title")
        derived = ("is_ledger_complete",)

        record = Step(
            label=_("Record a training"),
            target="held",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "title", "lecturer_post", "hours", "attended_count"),
            consequence=_("It counts as held; an incomplete ledger counts against you"),
            clause="S1-A2-k4",
        )
        complete = Step(
            label=_("Complete the ledger"),
            sources=("held",),
            target="held",
            by=("can:record", "can:manage"),
            fields=("attended_count", *LEDGER),
            consequence=_("With all three papers the ledger is complete"),
            clause="S1-A2-k4",
        )
        archive = Step(
            label=_("File the papers"),
            sources=("held",),
            target="archived",
            by=("can:record", "can:manage"),
            fields=LEDGER,
            evidence=1,
            consequence=_("The ledger is on file"),
            clause="S1-A2-d",
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """All three papers make the ledger complete."""
        self.is_ledger_complete = self.has_sign_in_sheet and self.has_materials and self.has_test

    def clean(self) -> None:
        """A sign-in sheet has names, and only a complete ledger is archived."""
        super().clean()
        if self.hours <= 0:
            raise ValidationError({"hours": _("A class lasts more than zero hours.")})
        if self.has_sign_in_sheet and not self.attended_count:
            raise ValidationError({"attended_count": _("There is a sign-in sheet, so somebody came: give the number.")})
        if self.state == "archived" and not self.is_ledger_complete:
            missing = [name for name in LEDGER if not getattr(self, name)]
            raise ValidationError(
                dict.fromkeys(
                    missing, _("A training is archived with sign-in sheet, materials and test; this is missing.")
                )
            )
