"""Education session (安全教育): one class on safety for the staff, at least one in every quarter."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register


class EducationSession(Register):
    """One class that was held. Who came stands in the attendance register; the counts here come from the sign-in sheet."""

    class Topic(models.TextChoices):
        SECURITY = "security", _("Public security")
        FIRE = "fire", _("Fire safety")
        LAW = "law", _("Law")
        MEDICAL_SAFETY = "medical_safety", _("Medical safety")
        EMERGENCY = "emergency", _("Emergency response")

    topic = models.CharField(_("Topic"), max_length=16, choices=Topic.choices)
    title = models.CharField(_("Title"), max_length=120)
    lecturer_post = models.CharField(_("Post of the lecturer"), max_length=60)
    hours = models.DecimalField(_("Class hours"), max_digits=4, decimal_places=1)
    expected_count = models.PositiveIntegerField(_("People expected"))
    attended_count = models.PositiveIntegerField(_("People who came"))
    has_materials = models.BooleanField(_("Materials kept"), default=False)
    has_sign_in_sheet = models.BooleanField(_("Sign-in sheet kept"), default=False)

    class Meta(Register.Meta):
        verbose_name = _("Education session")
        verbose_name_plural = _("Education sessions")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(attended_count__lte=models.F("expected_count")),
                name="anlan_cn_educationsession_attended_within_expected",
            ),
            models.CheckConstraint(condition=models.Q(hours__gt=0), name="anlan_cn_educationsession_hours_positive"),
            models.CheckConstraint(
                condition=models.Q(has_sign_in_sheet=False) | models.Q(attended_count__gt=0),
                name="anlan_cn_educationsession_sheet_has_names",
            ),
        ]

    class Flow:
        subsystem = "M15"
        prefix = "ES"
        purpose = _("Every class on safety that was held: topic, lecturer, hours, and how many came of those expected.")
        clauses = (
            "S1-A2-k2",
            "S1-A2-k3",
            "S1-2.1-a",
            "S1-3.14-o",
            "S0-3.1-a",
            "S0-3.7-d",
            "S2-1.4-l",
            "S2-3.2-a",
            "S2-6.3-j",
        )
        states = {"held": _("Held"), "archived": _("Archived")}
        final = ("archived",)
        occurred_label = _("Held on")
        columns = ("topic", "title", "lecturer_post", "hours", "expected_count", "attended_count", "has_sign_in_sheet")
        filters = ("topic", "has_materials", "has_sign_in_sheet")
        search = ("title", "lecturer_post")
        key = ("occurred_on", "topic", "title")

        record = Step(
            label=_("Record a session"),
            target="held",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("topic", "title", "lecturer_post", "hours", "expected_count", "attended_count"),
            consequence=_("Its quarter counts as covered; add who came to the attendance register"),
            clause="S1-A2-k2",
        )
        archive = Step(
            label=_("File the papers"),
            sources=("held",),
            target="archived",
            by=("can:record", "can:manage"),
            fields=("has_materials", "has_sign_in_sheet"),
            evidence=1,
            consequence=_("The sign-in sheet and the materials are on file"),
            clause="S1-A2-k3",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """No more people come than were expected; a sign-in sheet has names; an archived session has its sheet."""
        super().clean()
        if self.hours <= 0:
            raise ValidationError({"hours": _("A class lasts more than zero hours.")})
        if self.attended_count > self.expected_count:
            words = {"came": self.attended_count, "expected": self.expected_count}
            message = _("%(came)d people came of %(expected)d expected; correct one of the two numbers.") % words
            raise ValidationError({"attended_count": message})
        if self.has_sign_in_sheet and not self.attended_count:
            raise ValidationError({"attended_count": _("There is a sign-in sheet, so somebody came: give the number.")})
        if self.state == "archived" and not self.has_sign_in_sheet:
            raise ValidationError({"has_sign_in_sheet": _("A session is archived with its sign-in sheet.")})
