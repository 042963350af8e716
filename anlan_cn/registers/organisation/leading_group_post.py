"""Seat in a leading group (领导小组成员): who sits in which seat, and who is the first responsible person (第一责任人)."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

LEADING_SEATS = ("head", "deputy")


class LeadingGroupPost(StandingRegister):
    """One person's seat in a group, from one day to another. Two heads are lawful: secretary and president often share the chair."""

    class Seat(models.TextChoices):
        HEAD = "head", _("Head of the group")
        DEPUTY = "deputy", _("Deputy head of the group")
        MEMBER = "member", _("Member of the group")
        OFFICE_DIRECTOR = "office_director", _("Director of the group's office")
        CONTACT = "contact", _("Contact person")

    group = models.ForeignKey(
        "anlan_cn.LeadingGroup", on_delete=models.PROTECT, related_name="+", verbose_name=_("Leading group")
    )
    holder_name = models.CharField(_("Holder"), max_length=60)
    post_title = models.CharField(_("Post"), max_length=60)
    seat = models.CharField(_("Seat"), max_length=16, choices=Seat.choices)
    is_institution_head = models.BooleanField(_("Heads the institution"), default=False)
    is_first_responsible = models.BooleanField(_("First responsible person"), default=False)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Seat in a leading group")
        verbose_name_plural = _("Seats in leading groups")
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(is_first_responsible=False) | models.Q(seat__in=LEADING_SEATS),
                name="anlan_cn_leadinggrouppost_first_responsible_leads",
            ),
            models.UniqueConstraint(
                fields=["group", "holder_name", "seat"],
                condition=models.Q(ended_on__isnull=True) & ~models.Q(state="annulled"),
                name="anlan_cn_leadinggrouppost_seat_once",
            ),
        ]

    class Flow:
        subsystem = "M02"
        prefix = "LP"
        purpose = _(
            "Who sits in each leading group, and whether the head of the institution is the first responsible person."
        )
        clauses = ("S1-A1-k2", "S1-3.2-a", "S1-3.2-e", "S1-4.1-a", "S1-4.1-d", "S0-2-a", "S0-2-b", "S2-4.2-a", "S4-1-b")
        states = {"appointed": _("Appointed"), "signed": _("Letter signed")}
        occurred_label = _("Appointed on")
        columns = (
            "group",
            "holder_name",
            "post_title",
            "seat",
            "is_institution_head",
            "is_first_responsible",
            "ended_on",
        )
        filters = ("seat", "is_institution_head", "is_first_responsible")
        search = ("holder_name", "post_title")
        key = ("group", "holder_name", "seat", "occurred_on")

        appoint = Step(
            label=_("Appoint"),
            target="appointed",
            by=("can:manage",),
            fields=("*",),
            requires=("group", "holder_name", "post_title", "seat"),
            consequence=_("The holder signs a letter of responsibility"),
            clause="S1-4.1-a",
        )
        sign_letter = Step(
            label=_("File the signed letter"),
            sources=("appointed",),
            target="signed",
            by=("can:manage",),
            evidence=1,
            consequence=_("The letter of responsibility is on file"),
            clause="S1-4.1-d",
        )
        reseat = Step(
            label=_("Change the seat"),
            sources=("appointed", "signed"),
            target="appointed",
            by=("can:manage",),
            fields=("post_title", "seat", "is_institution_head", "is_first_responsible"),
            requires=("post_title", "seat"),
            needs_reason=True,
            consequence=_("A new seat needs a new letter"),
            clause="S1-3.1-a",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """The first responsible person leads the group; nobody sits before the group exists."""
        super().clean()
        if self.is_first_responsible and self.seat not in LEADING_SEATS:
            raise ValidationError(
                {
                    "seat": _(
                        "The first responsible person is head or deputy head of the group; change the seat or untick the mark."
                    )
                }
            )
        if self.occurred_on < self.group.occurred_on:
            words = {"day": self.group.occurred_on}
            raise ValidationError(
                {"occurred_on": _("The group was set up on %(day)s; nobody sits in it before.") % words}
            )
