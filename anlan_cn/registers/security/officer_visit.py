"""Officer visit (民警到访指导): a police officer came, gave guidance, helped to settle cases."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register

NO_GUIDANCE = _("Say what the officer advised.")


class OfficerVisit(Register):
    """One visit of an officer of the station in charge. The post is recorded, never the officer's name."""

    officer_post = models.CharField(_("Officer (post)"), max_length=60)
    station = models.CharField(_("Police station"), max_length=120)
    guidance = models.TextField(_("Guidance given"), max_length=1000)
    assisted_cases = models.PositiveIntegerField(_("Cases assisted"), default=0)

    class Meta(Register.Meta):
        verbose_name = _("Officer visit")
        db_table = "anlan_cn_officer_visit"
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(guidance=""),
                name="anlan_cn_officer_visit_has_guidance",
                violation_error_message=NO_GUIDANCE,
            ),
        ]

    class Flow:
        subsystem = "M06"
        prefix = "OV"
        purpose = _("Every visit of the police to guide security work, with the advice given and the cases settled.")
        clauses = ("S1-A7-d", "S1-A8-b", "S1-A8-k1", "S2-5.7-i")
        states = {"recorded": _("Recorded"), "confirmed": _("Confirmed")}
        final = ("confirmed",)
        occurred_label = _("Visited on")
        columns = ("station", "officer_post", "guidance", "assisted_cases")
        filters = ("station",)
        search = ("station", "guidance")
        key = ("occurred_on", "station", "officer_post")

        record = Step(
            label=_("Record a visit"),
            target="recorded",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("officer_post", "station", "guidance"),
            consequence=_("The office files the signed visit sheet"),
            clause="S1-A8-b",
        )
        confirm = Step(
            label=_("File the signed visit sheet"),
            sources=("recorded",),
            target="confirmed",
            by=("can:manage",),
            fields=("assisted_cases",),
            evidence=1,
            consequence=_("The visit can be proved"),
            clause="S1-A8-k1",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """A visit without advice was no guidance."""
        super().clean()
        if not self.guidance.strip():
            raise ValidationError({"guidance": NO_GUIDANCE})
