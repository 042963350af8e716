"""Committee meeting (委员会活动): the medical-safety committee and the analysis of disputes and complaints."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register

QUORUM = 2


class CommitteeMeeting(Register):
    """One meeting that was held. It counts when held; its minutes come with a file."""

    class Kind(models.TextChoices):
        MEDICAL_SAFETY = "medical_safety", _("Medical-safety committee")
        DISPUTE_ANALYSIS = "dispute_analysis", _("Analysis of disputes and complaints")

    kind = models.CharField(_("Kind"), max_length=20, choices=Kind.choices)
    title = models.CharField(_("Title"), max_length=120)
    attendees = models.PositiveIntegerField(_("Attendees"))
    resolutions = models.TextField(_("Resolutions"), max_length=2000, blank=True)
    has_minutes = models.BooleanField(_("Minutes kept"), default=False)

    class Meta(Register.Meta):
        verbose_name = _("Committee meeting")
        verbose_name_plural = _("Committee meetings")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(condition=Q(attendees__gte=QUORUM), name="anlan_cn_committeemeeting_more_than_one"),
            models.CheckConstraint(
                condition=Q(has_minutes=False) | ~Q(resolutions=""),
                name="anlan_cn_committeemeeting_minutes_say_something",
            ),
        ]

    class Flow:
        subsystem = "M08"
        prefix = "CM"
        purpose = _(
            "The meetings of the medical-safety committee and those that analyse disputes, what they resolved, and their minutes."
        )
        clauses = ("S1-A5-k5", "S1-A5-g", "S1-A5-h", "S0-3.1-g", "S2-5.2-d", "S2-6.1-a")
        states = {"held": _("Held"), "minuted": _("Minutes filed")}
        final = ("minuted",)
        occurred_label = _("Held on")
        columns = ("kind", "title", "attendees", "resolutions", "has_minutes")
        filters = ("kind", "has_minutes")
        search = ("title", "resolutions")
        key = ("occurred_on", "kind", "title")

        record = Step(
            label=_("Record a meeting"),
            target="held",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "title", "attendees"),
            consequence=_("Its quarter counts as covered; file the minutes next"),
            clause="S1-A5-k5",
        )
        file_minutes = Step(
            label=_("File the minutes"),
            sources=("held",),
            target="minuted",
            by=("can:record", "can:manage"),
            fields=("resolutions",),
            requires=("resolutions",),
            evidence=1,
            consequence=_("The reviewer finds the minutes beside the meeting"),
            clause="S1-A5-g",
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """Filed minutes are minutes."""
        if self.state == "minuted":
            self.has_minutes = True

    def clean(self) -> None:
        """A meeting has more than one person; minutes say what was resolved."""
        super().clean()
        if self.attendees < QUORUM:
            raise ValidationError({"attendees": _("One person alone is no meeting: give the number of attendees.")})
        if self.has_minutes and not self.resolutions.strip():
            raise ValidationError({"resolutions": _("The minutes say what was resolved: write it down.")})
