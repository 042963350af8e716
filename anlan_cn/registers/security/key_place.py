"""Key place (重点要害部位): where money, drugs, data or crowds are, with its three defences (三防)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

DEFENCES = (
    "has_people_defence",
    "has_object_defence",
    "has_technical_defence",
    "has_alarm",
    "has_camera",
    "has_link_110",
    "meets_technical_standard",
)


class KeyPlace(StandingRegister):
    """A place that must be guarded. The defence columns say what the last inspection found there.

    Alarm, camera and link also follow the devices of the place, as soon as one is installed, fails or retires.
    """

    class Kind(models.TextChoices):
        CASHIER = "cashier", _("Cashier's office")
        PHARMACY = "pharmacy", _("Pharmacy")
        DRUG_STORE = "drug_store", _("Drug store")
        COMPUTER_ROOM = "computer_room", _("Computer room")
        VALUABLE_INSTRUMENT = "valuable_instrument", _("Valuable instruments")
        EMERGENCY = "emergency", _("Emergency department")
        OUTPATIENT_HALL = "outpatient_hall", _("Outpatient hall")
        WARD_FLOOR = "ward_floor", _("Ward floor")
        PARKING = "parking", _("Parking")
        RADIATION = "radiation", _("Radiation source")
        ARCHIVE = "archive", _("Archive")
        OXYGEN = "oxygen", _("Oxygen station")

    kind = models.CharField(_("Kind"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("Name"), max_length=80)
    location = models.CharField(_("Location"), max_length=120)
    is_crowded = models.BooleanField(_("Crowded or prone to incidents"), default=False)
    has_people_defence = models.BooleanField(_("Guarded by people"), default=False)
    has_object_defence = models.BooleanField(_("Guarded by doors, bars, safes"), default=False)
    has_technical_defence = models.BooleanField(_("Guarded by technology"), default=False)
    has_alarm = models.BooleanField(_("Automatic alarm"), default=False)
    has_camera = models.BooleanField(_("Camera"), default=False)
    has_link_110 = models.BooleanField(_("Linked to 110"), default=False)
    meets_technical_standard = models.BooleanField(_("Meets the technical standard"), default=False)
    inspected_on = models.DateField(_("Defences inspected on"), null=True, blank=True)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Key place")
        db_table = "anlan_cn_key_place"

    class Flow:
        subsystem = "M06"
        prefix = "KP"
        purpose = _("Every place that must be guarded, and whether people, objects and technology guard it.")
        clauses = ("S1-A3-k3", "S1-A4-k6", "S1-A4-k7", "S1-A7-k7", "S1-A8-k5")
        states = {"listed": _("Listed"), "inspected": _("Inspected")}
        occurred_label = _("Listed on")
        columns = (
            "kind",
            "name",
            "location",
            "inspected_on",
            "has_people_defence",
            "has_object_defence",
            "has_technical_defence",
        )
        filters = ("kind", "is_crowded", "has_alarm", "has_camera")
        search = ("name", "location")
        key = ("kind", "name")

        list_place = Step(
            label=_("List a place"),
            target="listed",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "name", "location"),
            consequence=_("It is due for a check every month"),
            clause="S1-A6-k2",
        )
        inspect_defences = Step(
            label=_("Inspect the defences"),
            sources=("listed", "inspected"),
            target="inspected",
            by=("can:record", "can:manage"),
            fields=("inspected_on", *DEFENCES),
            requires=("inspected_on",),
            consequence=_("The score counts what you found"),
            clause="S1-A3-k3",
        )
        note_devices = Step(
            label=_("Note the devices"),
            sources=("listed", "inspected"),
            by=(),  # follows a device that was installed, repaired, corrected or retired; nobody takes it by hand
            fields=("has_alarm", "has_camera", "has_link_110"),
            consequence=_("The place shows which devices work there"),
            clause="S1-A4-k7",
        )

    class Privacy:
        default = "internal"
