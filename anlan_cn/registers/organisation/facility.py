"""Facility (机构设施): psychology unit, police room, fire-control room, security office."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister


class Facility(StandingRegister):
    """A room or unit that the documents ask for, from the day on which it opened until it closes."""

    class Kind(models.TextChoices):
        PSYCHOLOGY_UNIT = "psychology_unit", _("Psychology unit")
        POLICE_ROOM = "police_room", _("Police room")
        FIRE_CONTROL_ROOM = "fire_control_room", _("Fire-control room")
        SECURITY_OFFICE = "security_office", _("Security office")

    kind = models.CharField(_("Kind"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("Name"), max_length=80)
    location = models.CharField(_("Location"), max_length=120)
    has_equipment = models.BooleanField(_("Equipped"), default=False)
    has_duty_roster = models.BooleanField(_("Has a duty roster"), default=False)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Facility")
        verbose_name_plural = _("Facilities")
        constraints = [
            *StandingRegister.Meta.constraints,
            models.UniqueConstraint(
                fields=["institution", "kind", "name"],
                condition=models.Q(ended_on__isnull=True) & ~models.Q(state="annulled"),
                name="anlan_cn_facility_open_once",
            ),
        ]

    class Flow:
        subsystem = "M02"
        prefix = "FA"
        purpose = _(
            "The rooms and units that the programme asks for, where they are, and whether they are equipped and staffed."
        )
        clauses = ("S1-A2-k7", "S1-A2-g", "S1-3.6-e", "S1-A7-k2", "S1-A7-c", "S3-2.4-c", "S1-3.14-i", "S1-A7-e")
        states = {"opened": _("Opened"), "inspected": _("Inspected")}
        occurred_label = _("Opened on")
        columns = ("kind", "name", "location", "has_equipment", "has_duty_roster", "ended_on")
        filters = ("kind", "has_equipment", "has_duty_roster")
        search = ("name", "location")
        key = ("kind", "name")

        open = Step(
            label=_("List a facility"),
            target="opened",
            by=("can:manage",),
            fields=("*",),
            requires=("kind", "name", "location"),
            consequence=_("It counts from the day on which it opened"),
            clause="S1-A2-g",
        )
        inspect = Step(
            label=_("Inspect"),
            sources=("opened", "inspected"),
            target="inspected",
            by=("can:verify",),
            fields=("location", "has_equipment", "has_duty_roster"),
            requires=("location",),
            evidence=1,
            consequence=_("The photograph shows the room to the reviewer"),
            clause="S1-A7-c",
        )

    class Privacy:
        default = "internal"
