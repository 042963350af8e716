"""Fire facility (消防设施): extinguishers, hydrants, detectors and the rest, with their last and next check."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

NEXT_BEFORE_LAST = _("The next check lies after the last one.")
NONE_THERE = _("There is at least one; end the record when none is left.")


class FireFacility(StandingRegister):
    """Fire equipment of one kind at one location. Its deadline is the next check."""

    class Kind(models.TextChoices):
        EXTINGUISHER = "extinguisher", _("Fire extinguisher")
        HYDRANT = "hydrant", _("Fire hydrant")
        DETECTOR = "detector", _("Fire detector")
        SPRINKLER = "sprinkler", _("Sprinkler")
        EXIT_LIGHT = "exit_light", _("Exit light")
        FIRE_DOOR = "fire_door", _("Fire door")

    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    location = models.CharField(_("Location"), max_length=120)
    quantity = models.PositiveIntegerField(_("Quantity"), default=1)
    is_working = models.BooleanField(_("Works"), default=True)
    last_checked_on = models.DateField(_("Last checked on"), null=True, blank=True)
    next_check_on = models.DateField(_("Next check on"))

    class Meta(StandingRegister.Meta):
        verbose_name = _("Fire facility")
        db_table = "anlan_cn_fire_facility"
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=Q(last_checked_on__isnull=True) | Q(next_check_on__gt=F("last_checked_on")),
                name="anlan_cn_fire_facility_next_after_last",
                violation_error_message=NEXT_BEFORE_LAST,
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1),
                name="anlan_cn_fire_facility_at_least_one",
                violation_error_message=NONE_THERE,
            ),
        ]

    class Flow:
        subsystem = "M07"
        prefix = "FF"
        purpose = _("All fire equipment: where it is, whether it works, when it is checked next.")
        clauses = ("S1-A4-b", "S1-A4-k2", "S1-3.14-h", "S2-1.4-e")
        states = {"registered": _("Registered"), "checked": _("Checked")}
        occurred_label = _("Installed on")
        columns = ("kind", "location", "quantity", "is_working", "last_checked_on", "next_check_on")
        filters = ("kind", "is_working")
        search = ("location",)
        key = ("kind", "location")

        register = Step(
            label=_("Register a facility"),
            target="registered",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "location", "next_check_on"),
            consequence=_("It is due on the day of the next check"),
            clause="S1-A4-b",
        )
        check = Step(
            label=_("Check the facility"),
            sources=("registered", "checked"),
            target="checked",
            by=("can:record", "can:manage"),
            fields=("last_checked_on", "next_check_on", "is_working", "quantity"),
            requires=("last_checked_on", "next_check_on"),
            consequence=_("The score counts what you found; the next check is set"),
            clause="S1-A4-k2",
            awaited=True,
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """What is in force is due at its next check."""
        self.due_on = None if self.ended_on else self.next_check_on

    def clean(self) -> None:
        """Dates run in one direction, and what is registered is there."""
        super().clean()
        if self.last_checked_on and self.next_check_on <= self.last_checked_on:
            raise ValidationError({"next_check_on": NEXT_BEFORE_LAST})
        if self.quantity < 1:
            raise ValidationError({"quantity": NONE_THERE})
