"""Defence member (联防队员): a guard of the joint-defence team, full-time or beside another post."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister
from anlan.vault.fields import EncryptedCharField

NAMELESS = _("Name the member.")


class DefenceMember(StandingRegister):
    """A member of the team from the day of joining until the day of leaving."""

    class Employment(models.TextChoices):
        FULL_TIME = "full_time", _("Full-time")
        PART_TIME = "part_time", _("Part-time")

    holder_name = EncryptedCharField(_("Holder's name"), max_length=60, searchable=True)
    employment = models.CharField(_("Employment"), max_length=12, choices=Employment.choices)
    post_title = models.CharField(_("Post"), max_length=60, blank=True)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Joint-defence member")
        db_table = "anlan_cn_defence_member"
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(holder_name=""),
                name="anlan_cn_defence_member_is_named",
                violation_error_message=NAMELESS,
            ),
        ]

    class Flow:
        subsystem = "M06"
        prefix = "DM"
        purpose = _(
            "The roster of the joint-defence team: who serves, full-time or beside another post, and until when."
        )
        clauses = ("S1-A7-e", "S1-A7-k6", "S0-3.4-d", "S1-4.2-c", "S2-6.3-i")
        states = {"enrolled": _("Enrolled"), "certified": _("Certificate on file")}
        occurred_label = _("Joined on")
        columns = ("holder_name", "employment", "post_title", "ended_on")
        filters = ("employment",)
        search = ("post_title", "holder_name")
        key = ("holder_name", "employment")

        enrol = Step(
            label=_("Enrol a member"),
            target="enrolled",
            by=("can:manage",),
            fields=("*",),
            requires=("holder_name", "employment"),
            consequence=_("The member counts in the roster"),
            clause="S1-A7-k6",
        )
        certify = Step(
            label=_("File the guard's certificate"),
            sources=("enrolled",),
            target="certified",
            by=("can:manage",),
            fields=("post_title",),
            evidence=1,
            consequence=_("An inspector finds the certificate with the record"),
            clause="S2-6.3-i",
        )
        transfer = Step(
            label=_("Change the post"),
            sources=("enrolled", "certified"),
            by=("can:manage",),
            fields=("post_title", "employment"),
            requires=("employment",),
            consequence=_("The former post stays in the timeline"),
            clause="S1-A7-e",
        )

    class Privacy:
        default = "internal"
        sensitive = ("holder_name",)

    def clean(self) -> None:
        """A roster lists people, not blanks."""
        super().clean()
        if not self.holder_name.strip():
            raise ValidationError({"holder_name": NAMELESS})
