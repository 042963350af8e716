"""Pressure vessel (锅炉压力容器及特种设备): boilers, vessels, lifts and hyperbaric chambers under statutory inspection."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import ANNULLED, Step
from anlan.flow.register import StandingRegister

NEXT_BEFORE_LAST = _("The next inspection lies after the last one.")
REGISTERED_TWICE = _("Equipment with this registration number is in the register already.")


class PressureVessel(StandingRegister):
    """One piece of special equipment, known by its registration number. Its deadline is the next inspection."""

    class Kind(models.TextChoices):
        BOILER = "boiler", _("Boiler")
        PRESSURE_VESSEL = "pressure_vessel", _("Pressure vessel")
        ELEVATOR = "elevator", _("Lift")
        HYPERBARIC = "hyperbaric", _("Hyperbaric chamber")

    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    registration_no = models.CharField(_("Registration number"), max_length=40)
    location = models.CharField(_("Location"), max_length=120)
    is_in_order = models.BooleanField(_("In order"), default=True)
    last_inspected_on = models.DateField(_("Last inspected on"), null=True, blank=True)
    next_inspection_on = models.DateField(_("Next inspection on"))

    class Meta(StandingRegister.Meta):
        verbose_name = _("Boiler, vessel or lift")
        db_table = "anlan_cn_pressure_vessel"
        constraints = [
            *StandingRegister.Meta.constraints,
            models.UniqueConstraint(
                fields=["institution", "registration_no"],
                condition=~Q(state=ANNULLED) & Q(ended_on__isnull=True),
                name="anlan_cn_pressure_vessel_registered_once",
                violation_error_message=REGISTERED_TWICE,
            ),
            models.CheckConstraint(
                condition=Q(last_inspected_on__isnull=True) | Q(next_inspection_on__gt=F("last_inspected_on")),
                name="anlan_cn_pressure_vessel_next_after_last",
                violation_error_message=NEXT_BEFORE_LAST,
            ),
        ]

    class Flow:
        subsystem = "M07"
        prefix = "PV"
        purpose = _("All equipment under statutory inspection: whether it is in order and when it is inspected next.")
        clauses = ("S1-A4-b", "S1-A4-k3", "S1-3.14-d", "S1-3.14-e", "S1-3.14-g")
        states = {"registered": _("Registered"), "inspected": _("Inspected")}
        occurred_label = _("In service since")
        columns = ("kind", "registration_no", "location", "is_in_order", "last_inspected_on", "next_inspection_on")
        filters = ("kind", "is_in_order")
        search = ("registration_no", "location")
        key = ("registration_no",)

        register = Step(
            label=_("Register equipment"),
            target="registered",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "registration_no", "location", "next_inspection_on"),
            consequence=_("It is due on the day of the next inspection"),
            clause="S1-A4-b",
        )
        inspect = Step(
            label=_("File the inspection report"),
            sources=("registered", "inspected"),
            target="inspected",
            by=("can:record", "can:manage"),
            fields=("last_inspected_on", "next_inspection_on", "is_in_order"),
            requires=("last_inspected_on", "next_inspection_on"),
            evidence=1,
            consequence=_("The score counts what the report says; the next inspection is set"),
            clause="S1-A4-k3",
            awaited=True,
        )
        note_condition = Step(
            label=_("Note the condition"),
            sources=("registered", "inspected"),
            by=("can:record", "can:manage"),
            fields=("is_in_order",),
            needs_reason=True,
            consequence=_("The score counts the condition between two inspections"),
            clause="S1-A4-k3",
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """What is in force is due at its next inspection."""
        self.due_on = None if self.ended_on else self.next_inspection_on

    def clean(self) -> None:
        """Dates run in one direction."""
        super().clean()
        if self.last_inspected_on and self.next_inspection_on <= self.last_inspected_on:
            raise ValidationError({"next_inspection_on": NEXT_BEFORE_LAST})
