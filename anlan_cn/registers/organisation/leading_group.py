"""Leading group (领导小组) or working team (工作专班): who leads the programme, and the document that set it up."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister


class LeadingGroup(StandingRegister):
    """A group that leads or runs the programme. It counts from the day of its document, once the document is on file."""

    class Kind(models.TextChoices):
        LEADING_GROUP = "leading_group", _("Leading group")
        WORKING_TEAM = "working_team", _("Working team")

    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    title = models.CharField(_("Title"), max_length=120)
    document_no = models.CharField(_("Document number"), max_length=60, blank=True)
    head_post = models.CharField(_("Post of the head"), max_length=60, blank=True)
    is_head_in_chair = models.BooleanField(_("Chaired by the head of the institution"), default=False)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Leading group")
        verbose_name_plural = _("Leading groups")
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=~models.Q(state="issued") | (~models.Q(document_no="") & ~models.Q(head_post="")),
                name="anlan_cn_leadinggroup_issued_with_document",
            ),
            models.CheckConstraint(
                condition=models.Q(is_head_in_chair=False) | ~models.Q(head_post=""),
                name="anlan_cn_leadinggroup_chair_has_post",
            ),
        ]

    class Flow:
        subsystem = "M02"
        prefix = "LG"
        purpose = _("Which groups lead and run the programme, who heads them, and the document that set them up.")
        clauses = ("S1-A1-k1", "S1-A1-b", "S1-3.1-a", "S1-4.1-a", "S0-2-a", "S2-4.2-a", "S2-6.7-b", "S3-4-a")
        states = {"drafted": _("Drafted"), "issued": _("Issued")}
        counted = ("issued",)
        occurred_label = _("Set up on")
        columns = ("kind", "title", "document_no", "head_post", "is_head_in_chair", "ended_on")
        filters = ("kind", "is_head_in_chair")
        search = ("title", "document_no", "head_post")
        key = ("kind", "title", "occurred_on")

        draft = Step(
            label=_("Draft a group"),
            target="drafted",
            by=("can:manage",),
            fields=("*",),
            requires=("kind", "title"),
            consequence=_("It counts once its document is issued"),
            clause="S1-3.1-a",
        )
        issue = Step(
            label=_("Issue the document"),
            sources=("drafted",),
            target="issued",
            by=("can:manage", "can:approve"),
            fields=("occurred_on", "document_no", "head_post", "is_head_in_chair"),
            requires=("document_no", "head_post"),
            evidence=1,
            consequence=_("The group is in force and counts in the score"),
            clause="S1-A1-k1",
        )
        adjust = Step(
            label=_("Adjust the group"),
            sources=("issued",),
            target="issued",
            by=("can:manage", "can:approve"),
            fields=("title", "document_no", "head_post", "is_head_in_chair"),
            requires=("document_no", "head_post"),
            evidence=1,
            consequence=_("The new document takes the place of the old one; the timeline keeps both"),
            clause="S1-3.1-a",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """An issued group has a document and a head; a chair has a post."""
        super().clean()
        if self.is_head_in_chair and not self.head_post:
            raise ValidationError(
                {
                    "head_post": _(
                        "Name the post that chairs the group, since you say that the head of the institution does."
                    )
                }
            )
        if self.state == "issued" and not self.document_no:
            raise ValidationError({"document_no": _("An issued document carries a number.")})
        if self.state == "issued" and not self.head_post:
            raise ValidationError({"head_post": _("An issued group has a head: name the post.")})
