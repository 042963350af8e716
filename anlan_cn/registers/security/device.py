"""Security device (技防设施): a camera, an alarm or a line to the police at a key place, and whether it works."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import ANNULLED, FollowUp, Step
from anlan.flow.register import StandingRegister
from anlan_cn.registers.security.key_place import KeyPlace

CAMERA_QUALITIES = _("Only a camera has a picture quality.")
INFRARED_IS_HD = _("An infrared 1080p camera is a high-definition camera; say so.")

# Which column of the place a working device fills. A button that somebody must press is no automatic alarm.
FLAGS = {"camera": "has_camera", "alarm": "has_alarm", "link_110": "has_link_110"}


class Device(StandingRegister):
    """A device that guards a key place from `occurred_on` until it is retired. The place follows what works there."""

    class Kind(models.TextChoices):
        CAMERA = "camera", _("Video camera")
        ALARM = "alarm", _("Intrusion alarm")
        ONE_KEY_ALARM = "one_key_alarm", _("One-key alarm")
        LINK_110 = "link_110", _("Line to 110")

    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    place = models.ForeignKey(KeyPlace, on_delete=models.PROTECT, related_name="+", verbose_name=_("Key place"))
    model = models.CharField(_("Model"), max_length=80, blank=True)
    asset_no = models.CharField(_("Asset number"), max_length=40, blank=True)
    is_hd = models.BooleanField(_("High definition"), default=False)
    is_networked = models.BooleanField(_("Networked"), default=False)
    is_infrared_1080p = models.BooleanField(_("Infrared, 1080p"), default=False)
    is_working = models.BooleanField(_("Works"), default=True)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Security device")
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind="camera") | Q(is_hd=False, is_infrared_1080p=False),
                name="anlan_cn_device_only_cameras_have_a_picture",
                violation_error_message=CAMERA_QUALITIES,
            ),
            models.CheckConstraint(
                condition=Q(is_infrared_1080p=False) | Q(is_hd=True),
                name="anlan_cn_device_1080p_is_hd",
                violation_error_message=INFRARED_IS_HD,
            ),
        ]

    class Flow:
        subsystem = "M06"
        prefix = "DV"
        purpose = _("Every camera, alarm and police line at a key place, and whether it works today.")
        clauses = ("S1-3.13-d", "S1-3.13-e", "S1-3.13-g", "S1-3.13-h", "S1-A4-k6", "S1-A4-k7", "S2-6.3-c", "S3-2.4-b")
        states = {"installed": _("Installed"), "faulty": _("Out of order")}
        occurred_label = _("Installed on")
        columns = ("kind", "place", "model", "asset_no", "is_hd", "is_networked", "is_working")
        filters = ("kind", "is_working", "is_hd", "is_networked")
        search = ("model", "asset_no")
        key = ("kind", "place", "model", "asset_no")
        follow = "note_place"

        install = Step(
            label=_("Record a device"),
            target="installed",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "place"),
            consequence=_("The key place shows that it is guarded"),
            clause="S0-3.4-f",
            follow="note_place",
        )
        report_fault = Step(
            label=_("Report a fault"),
            sources=("installed",),
            target="faulty",
            by=("can:record", "can:manage"),
            sets={"is_working": False},
            needs_reason=True,
            consequence=_("The place counts as unguarded by it until the repair"),
            clause="S3-2.4-a",
            follow="note_place",
            awaited=False,
        )
        repair = Step(
            label=_("Record the repair"),
            sources=("installed", "faulty"),
            target="installed",
            by=("can:record", "can:manage"),
            fields=("model", "asset_no", "is_hd", "is_networked", "is_infrared_1080p"),
            sets={"is_working": True},
            consequence=_("The place counts as guarded by it again"),
            clause="S3-2.4-a",
            follow="note_place",
        )
        end = Step(
            label=_("Retire"),
            sources=("installed", "faulty"),
            by=("can:record", "can:manage"),
            fields=("ended_on",),
            requires=("ended_on",),
            consequence=_("The place no longer counts it"),
            clause="S0-3.4-f",
            follow="note_place",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """Qualities belong to cameras, and a faulty device does not work."""
        super().clean()
        if self.kind != self.Kind.CAMERA and (self.is_hd or self.is_infrared_1080p):
            raise ValidationError({"is_hd" if self.is_hd else "is_infrared_1080p": CAMERA_QUALITIES})
        if self.is_infrared_1080p and not self.is_hd:
            raise ValidationError({"is_hd": INFRARED_IS_HD})
        if self.state == "faulty" and self.is_working:
            raise ValidationError({"is_working": _("It is out of order; record the repair first.")})

    def note_place(self) -> Iterator[FollowUp]:
        """Yield what the key place must note of its devices; also the former place, when a correction moved the device."""
        touched = {(self.place_id, self.kind), (self.before.get("place_id"), self.before.get("kind"))}
        places = KeyPlace.objects.filter(pk__in=[place for place, _kind in touched if place]).exclude(state=ANNULLED)
        for place in places.order_by("pk"):
            flags = {FLAGS[kind]: _works_at(place, kind) for pk, kind in touched if pk == place.pk and kind in FLAGS}
            news = {name: flag for name, flag in flags.items() if flag != getattr(place, name)}
            if news:
                yield FollowUp(record=place, step="note_devices", data=news)


def _works_at(place: KeyPlace, kind: str) -> bool:
    """A device with an end date no longer guards, even when the day is still to come: better early than late."""
    in_force = Device.objects.filter(place=place, kind=kind, is_counted=True, ended_on__isnull=True)
    return bool(in_force.filter(is_working=True).exists())
