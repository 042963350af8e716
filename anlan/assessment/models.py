"""Judgement: what a person with the right decides on a rule, with reason and evidence. The score reads it as a register.

Seals: published scores, and the texts that they rest on.
"""

import datetime as dt
import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.assessment.arithmetic import decision_number
from anlan.flow.declare import ANNULLED, Step
from anlan.flow.register import Register
from anlan.org.models import Institution, Person


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


class SealedFile(models.Model):
    """A file that seals name by its SHA-256: a rubric edition, the law beside it. Written once, shared by all seals of it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=120)
    body = models.TextField()

    def __str__(self) -> str:
        return f"{self.name} {self.sha256[:16]}"


class Edition(models.Model):
    """A rubric edition that a published score used. From then on its text is fixed: another text needs another edition."""

    code = models.CharField(max_length=40)
    edition = models.CharField(max_length=40)
    file = models.ForeignKey(SealedFile, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "edition"], name="assessment_edition_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.edition}"


class Seal(models.Model):
    """A published score as it was sealed. Never changed; a later seal of the same year stands behind it and names it.

    `document` is canonical JSON (`anlan-score/2`) and `sha256` its hash, which a ledger entry of the register `score` tells.
    `records` is the list of the records behind it, a line each, whose root the document tells; empty in seals of the first
    format, whose document lists them itself.
    """

    class Kind(models.TextChoices):
        COMMISSION = "commission", _("Score of the commission")
        SELF_CHECK = "self_check", _("Self-check of the institution")

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="+", verbose_name=_("Institution"), db_index=False
    )
    kind = models.CharField(_("Kind"), max_length=10, choices=Kind.choices)
    rubric = models.CharField(_("Rubric"), max_length=40)
    edition = models.CharField(_("Edition"), max_length=40)
    year = models.PositiveSmallIntegerField(_("Year"))
    version = models.PositiveIntegerField(_("Version"))
    as_of = models.DateField(_("As of"))
    raw = models.IntegerField(_("Raw score in hundredths"))
    applicable_max = models.IntegerField(_("Applicable maximum in hundredths"))
    normalised = models.IntegerField(_("Normalised in hundredths"), null=True)
    document = models.TextField()
    records = models.TextField(blank=True, default="")
    sha256 = models.CharField(max_length=64, unique=True)
    entry_uid = models.UUIDField(unique=True)
    reason = models.TextField(_("Reason"), max_length=1000, blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("Sealed score")
        constraints = [
            # the seals of an institution's year in their order; each stands behind the one before it
            models.UniqueConstraint(
                fields=["institution", "rubric", "year", "kind", "version"], name="assessment_seal_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(version=1) | ~models.Q(reason=""), name="assessment_seal_later_one_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rubric} {self.year} {self.kind} v{self.version}"
