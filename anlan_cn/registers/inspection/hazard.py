"""Hazard (隐患) with rectification: found, assigned, rectified, verified, closed."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Deadline, Step
from anlan.flow.register import Register

RECTIFIED_BEFORE_FOUND = _("It cannot be rectified before it was found.")
VERIFIED_BEFORE_RECTIFIED = _("It cannot be verified before it was rectified.")


class Hazard(Register):
    """Something that could hurt people. `due_on` is the day by which it must be rectified."""

    class Area(models.TextChoices):
        FIRE = "fire", _("Fire safety")
        BOILER = "boiler", _("Boilers and pressure vessels")
        ELECTRICAL = "electrical", _("Electricity")
        MATERIAL = "material", _("Hazardous and controlled materials")
        PLACE = "place", _("Key place")
        OTHER = "other", _("Other")

    class Level(models.TextChoices):
        GENERAL = "general", _("General")
        MAJOR = "major", _("Major")

    area = models.CharField(_("Area"), max_length=12, choices=Area.choices)
    level = models.CharField(_("Level"), max_length=8, choices=Level.choices, default=Level.GENERAL)
    place = models.ForeignKey(
        "anlan_cn.KeyPlace",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Key place"),
    )
    description = models.TextField(_("What was found"), max_length=1000)
    owner_post = models.CharField(_("Responsible post"), max_length=60, blank=True)
    measures = models.TextField(_("What was done"), max_length=1000, blank=True)
    rectified_on = models.DateField(_("Rectified on"), null=True, blank=True)
    verified_on = models.DateField(_("Verified on"), null=True, blank=True)

    class Meta(Register.Meta):
        verbose_name = _("Hazard")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(rectified_on__isnull=True) | models.Q(rectified_on__gte=models.F("occurred_on")),
                name="anlan_cn_hazard_rectified_after_found",
                violation_error_message=RECTIFIED_BEFORE_FOUND,
            ),
            models.CheckConstraint(
                condition=models.Q(verified_on__isnull=True)
                | models.Q(rectified_on__isnull=False, verified_on__gte=models.F("rectified_on")),
                name="anlan_cn_hazard_verified_after_rectified",
                violation_error_message=VERIFIED_BEFORE_RECTIFIED,
            ),
        ]

    class Flow:
        subsystem = "M05"
        prefix = "HZ"
        purpose = _("Every hazard that somebody found, who mends it, by when, and who looked again.")
        clauses = ("S2-2.4-b", "S0-4.3-g", "S1-A4-k2", "S1-A4-k3", "S1-A4-k4", "S1-A4-k5")
        states = {
            "found": _("Found"),
            "assigned": _("Assigned"),
            "rectified": _("Rectified"),
            "verified": _("Verified"),
        }
        final = ("verified",)
        occurred_label = _("Found on")
        columns = ("area", "level", "description", "owner_post", "due_on", "rectified_on")
        filters = ("area", "level")
        search = ("description", "owner_post")
        key = ("occurred_on", "description")

        report = Step(
            label=_("Report a hazard"),
            target="found",
            by=("can:record", "can:manage"),
            fields=("occurred_on", "area", "level", "place", "description"),
            requires=("area", "level", "description"),
            deadline=Deadline(parameter="hazard.rectify_days"),
            consequence=_("The office assigns it to a responsible post"),
            clause="S2-2.4-b",
        )
        assign = Step(
            label=_("Assign"),
            sources=("found",),
            target="assigned",
            by=("can:manage",),
            fields=("owner_post", "level"),
            requires=("owner_post",),
            consequence=_("The responsible post rectifies it by the due date"),
            clause="S2-2.4-b",
        )
        rectify = Step(
            label=_("Submit the rectification"),
            sources=("assigned",),
            target="rectified",
            by=("can:record", "can:manage"),
            fields=("measures", "rectified_on"),
            requires=("measures", "rectified_on"),
            consequence=_("The office or the director looks again"),
            clause="S2-2.4-b",
        )
        verify = Step(
            label=_("Verify"),
            sources=("rectified",),
            target="verified",
            by=("can:verify",),
            fields=("verified_on",),
            requires=("verified_on",),
            consequence=_("The hazard is closed"),
            clause="S2-2.4-b",
        )
        send_back = Step(
            label=_("Send back"),
            sources=("rectified",),
            target="assigned",
            by=("can:verify",),
            sets={"rectified_on": None, "verified_on": None},
            needs_reason=True,
            consequence=_("The responsible post rectifies it again"),
            clause="S2-2.4-b",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """Dates run in one direction and fit the state: a hazard that is still open has not been rectified."""
        super().clean()
        if self.rectified_on and self.state in ("found", "assigned"):
            raise ValidationError(
                {"rectified_on": _("It is still open; take the step that submits the rectification.")}
            )
        if self.rectified_on and self.rectified_on < self.occurred_on:
            raise ValidationError({"rectified_on": RECTIFIED_BEFORE_FOUND})
        if self.verified_on and (self.rectified_on is None or self.verified_on < self.rectified_on):
            raise ValidationError({"verified_on": VERIFIED_BEFORE_RECTIFIED})
