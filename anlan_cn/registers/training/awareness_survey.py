"""Awareness survey (知晓率调查): how many of those asked know of the programme."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register


class AwarenessSurvey(Register):
    """One round of questions. The rate is people aware over people who answered."""

    class Method(models.TextChoices):
        PAPER = "paper", _("On paper")
        ONLINE = "online", _("Online")
        INTERVIEW = "interview", _("Interview")

    method = models.CharField(_("Method"), max_length=12, choices=Method.choices)
    respondents = models.PositiveIntegerField(_("People who answered"))
    aware = models.PositiveIntegerField(_("People aware"))

    class Meta(Register.Meta):
        verbose_name = _("Awareness survey")
        verbose_name_plural = _("Awareness surveys")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(respondents__gt=0), name="anlan_cn_awarenesssurvey_somebody_answered"
            ),
            models.CheckConstraint(
                condition=models.Q(aware__lte=models.F("respondents")),
                name="anlan_cn_awarenesssurvey_aware_within_answers",
            ),
        ]

    class Flow:
        subsystem = "M17"
        prefix = "AS"
        purpose = _("Each round that asked people whether they know of the programme, and how many did.")
        clauses = ("S1-A2-k5", "S1-A2-c")
        states = {"conducted": _("Conducted"), "confirmed": _("Confirmed")}
        final = ("confirmed",)
        occurred_label = _("Surveyed on")
        columns = ("method", "respondents", "aware")
        filters = ("method",)
        key = ("occurred_on", "method", "department")

        record = Step(
            label=_("Record a survey"),
            target="conducted",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("method", "respondents", "aware"),
            consequence=_("The rate of awareness counts it"),
            clause="S1-A2-k5",
        )
        confirm = Step(
            label=_("Confirm"),
            sources=("conducted",),
            target="confirmed",
            by=("can:verify",),
            evidence=1,
            consequence=_("The answer sheets or their summary are on file"),
            clause="S1-A2-k5",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """Somebody answered, and no more are aware than answered."""
        super().clean()
        if not self.respondents:
            raise ValidationError(
                {"respondents": _("A survey that nobody answered says nothing; record it when there are answers.")}
            )
        if self.aware > self.respondents:
            words = {"aware": self.aware, "respondents": self.respondents}
            message = _("%(aware)d people are said to be aware, but only %(respondents)d answered.") % words
            raise ValidationError({"aware": message})
