"""Reward rule (安全奖惩制度): the issued paper that says what safety work earns and what neglect costs."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

COVERS_NOTHING = _("A rule that covers neither rewards nor penalties is none; tick at least one.")
UNNUMBERED = _("An issued rule has a document number.")


class RewardRule(StandingRegister):
    """A rule in force from the day of issue. A draft does not count."""

    title = models.CharField(_("Title"), max_length=160)
    document_no = models.CharField(_("Document number"), max_length=60, blank=True)
    covers_rewards = models.BooleanField(_("Covers rewards"), default=False)
    covers_penalties = models.BooleanField(_("Covers penalties"), default=False)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Reward and penalty rule")
        db_table = "anlan_cn_reward_rule"
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=Q(covers_rewards=True) | Q(covers_penalties=True),
                name="anlan_cn_reward_rule_covers_something",
                violation_error_message=COVERS_NOTHING,
            ),
            models.CheckConstraint(
                condition=~Q(state="issued") | ~Q(document_no=""),
                name="anlan_cn_reward_rule_issued_has_number",
                violation_error_message=UNNUMBERED,
            ),
        ]

    class Flow:
        subsystem = "M18"
        prefix = "RR"
        purpose = _("The rules by which safety work is rewarded and neglect is punished, from draft to issue.")
        clauses = ("S1-A6-b", "S1-A6-k1", "S0-3.2-d")
        states = {"drafted": _("Drafted"), "issued": _("Issued")}
        counted = ("issued",)
        occurred_label = _("Issued on")
        columns = ("title", "document_no", "covers_rewards", "covers_penalties", "ended_on")
        filters = ("covers_rewards", "covers_penalties")
        search = ("title", "document_no")
        key = ("title", "occurred_on")

        draft = Step(
            label=_("Draft a rule"),
            target="drafted",
            by=("can:manage",),
            fields=("*",),
            requires=("title",),
            consequence=_("It counts once it is issued"),
            clause="S1-A6-b",
        )
        issue = Step(
            label=_("File the issued rule"),
            sources=("drafted",),
            target="issued",
            by=("can:manage", "can:approve"),
            fields=("occurred_on", "document_no", "ended_on"),
            requires=("document_no",),
            evidence=1,
            consequence=_("The rule is in force from the day of issue"),
            clause="S1-A6-k1",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """A rule covers something, and an issued one can be cited."""
        super().clean()
        if not (self.covers_rewards or self.covers_penalties):
            raise ValidationError({"covers_rewards": COVERS_NOTHING})
        if self.state == "issued" and not self.document_no.strip():
            raise ValidationError({"document_no": UNNUMBERED})
