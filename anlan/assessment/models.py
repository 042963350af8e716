"""Judgement: what a person with the right decides on a rule, with reason and evidence. The score reads it as a register."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.assessment.arithmetic import decision_number
from anlan.flow.declare import ANNULLED, Step
from anlan.flow.register import Register


class Judgement(Register):
    """One decision on one rule for one institution and year. A new decision annuls the old one first."""

    class Verdict(models.TextChoices):
        CONFIRM = "confirm", _("Confirm the proposed deduction")
        REJECT = "reject", _("Reject the proposed deduction")
        SET = "set", _("Set the deduction")

    rubric = models.CharField(_("Rubric"), max_length=40)
    rule = models.CharField(_("Rule"), max_length=20)
    year = models.PositiveSmallIntegerField(_("Year"))
    verdict = models.CharField(_("Verdict"), max_length=8, choices=Verdict.choices)
    deducted = models.PositiveIntegerField(_("Deduction in hundredths of a point"), default=0)
    reason = models.TextField(_("Reason"), max_length=1000)
    # verdict and points in one number, see `decision_number`: the score then asks one aggregate per rule, not four
    decision = models.PositiveIntegerField(_("Decision as a number"), default=0, editable=False)

    class Meta(Register.Meta):
        verbose_name = _("Judgement")
        verbose_name_plural = _("Judgements")
        constraints = [
            *Register.Meta.constraints,
            models.UniqueConstraint(
                fields=["institution", "rubric", "rule", "year"],
                condition=~models.Q(state=ANNULLED),
                name="assessment_judgement_one_in_force",
            ),
            models.CheckConstraint(
                condition=models.Q(verdict="set") | models.Q(deducted=0),
                name="assessment_judgement_only_set_names_points",
            ),
        ]

    class Flow:
        subsystem = "M18"
        prefix = "JD"
        purpose = _("What reviewers decided on the rules that a person judges, with reason and evidence.")
        clauses = ("S1-A1-k4", "S1-A3-k1", "S1-A4-k1")
        states = {"judged": _("Judged")}
        final = ("judged",)
        occurred_label = _("Judged on")
        columns = ("rubric", "rule", "year", "verdict", "deducted", "reason")
        filters = ("rubric", "year", "verdict")
        search = ("rule", "reason")
        key = ("rubric", "rule", "year")
        is_timed = False  # a decision follows the facts by its nature; the days between say nothing

        judge = Step(
            label=_("Judge"),
            target="judged",
            by=("can:judge",),
            fields=("occurred_on", "rubric", "rule", "year", "verdict", "deducted", "reason"),
            requires=("rubric", "rule", "year", "verdict", "reason"),
            evidence="needed_files",
            consequence=_("The score of the institution changes at once"),
            clause="S1-A1-k4",
        )
        withdraw = Step(
            label=_("Withdraw"),
            sources=("judged",),
            target=ANNULLED,
            by=("can:judge",),
            needs_reason=True,
            consequence=_("The rule waits for a person again"),
            clause="S1-A1-k4",
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """Set the number that the score reads."""
        self.decision = decision_number(self.verdict, self.deducted)

    def needed_files(self) -> int:
        """A decision that takes points needs at least one file of evidence: confirming does, and setting above 0."""
        return int(self.verdict == self.Verdict.CONFIRM or self.deducted > 0)

    def clean(self) -> None:
        """Points go with the verdict "set" only."""
        super().clean()
        if self.verdict != self.Verdict.SET and self.deducted:
            raise ValidationError({"deducted": _('Only the verdict "set" names points.')})
