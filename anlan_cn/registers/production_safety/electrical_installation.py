"""Electrical installation (配电设施): distribution rooms and boxes, generators, lines, with tests and misuse."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

NEXT_BEFORE_LAST = _("The next test lies after the last one.")


class ElectricalInstallation(StandingRegister):
    """One installation. It may be built to the rules and still be misused: the two are asked apart."""

    class Kind(models.TextChoices):
        DISTRIBUTION_ROOM = "distribution_room", _("Distribution room")
        DISTRIBUTION_BOX = "distribution_box", _("Distribution box")
        GENERATOR = "generator", _("Generator")
        LINE = "line", _("Electric line")

    kind = models.CharField(_("Kind"), max_length=20, choices=Kind.choices)
    location = models.CharField(_("Location"), max_length=120)
    is_compliant = models.BooleanField(_("Built to the rules"), default=True)
    has_illegal_use = models.BooleanField(_("Electricity used against the rules"), default=False)
    last_tested_on = models.DateField(_("Last tested on"), null=True, blank=True)
    next_test_on = models.DateField(_("Next test on"))

    class Meta(StandingRegister.Meta):
        verbose_name = _("Electrical installation")
        db_table = "anlan_cn_electrical_installation"
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=Q(last_tested_on__isnull=True) | Q(next_test_on__gt=F("last_tested_on")),
                name="anlan_cn_electrical_installation_next_after_last",
                violation_error_message=NEXT_BEFORE_LAST,
            ),
        ]

    class Flow:
        subsystem = "M07"
        prefix = "EI"
        purpose = _("All electrical installations: whether they follow the rules and when they are tested next.")
        clauses = ("S1-A4-b", "S1-A4-k4", "S1-3.14-f")
        states = {"registered": _("Registered"), "tested": _("Tested")}
        occurred_label = _("In service since")
        columns = ("kind", "location", "is_compliant", "has_illegal_use", "last_tested_on", "next_test_on")
        filters = ("kind", "is_compliant", "has_illegal_use")
        search = ("location",)
        key = ("kind", "location")

        register = Step(
            label=_("Register an installation"),
            target="registered",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "location", "next_test_on"),
            consequence=_("It is due on the day of the next test"),
            clause="S1-A4-b",
        )
        test = Step(
            label=_("File the test report"),
            sources=("registered", "tested"),
            target="tested",
            by=("can:record", "can:manage"),
            fields=("last_tested_on", "next_test_on", "is_compliant", "has_illegal_use"),
            requires=("last_tested_on", "next_test_on"),
            evidence=1,
            consequence=_("The score counts what the test found; the next test is set"),
            clause="S1-3.14-f",
            awaited=True,
        )
        note_use = Step(
            label=_("Note misuse or its end"),
            sources=("registered", "tested"),
            by=("can:record", "can:manage"),
            fields=("has_illegal_use", "is_compliant"),
            needs_reason=True,
            consequence=_("The score counts the condition between two tests"),
            clause="S1-A4-k4",
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """What is in force is due at its next test."""
        self.due_on = None if self.ended_on else self.next_test_on

    def clean(self) -> None:
        """Dates run in one direction."""
        super().clean()
        if self.last_tested_on and self.next_test_on <= self.last_tested_on:
            raise ValidationError({"next_test_on": NEXT_BEFORE_LAST})
