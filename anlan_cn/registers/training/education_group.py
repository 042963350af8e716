"""Education group (安全宣传教育管理组织): who runs safety education, with rules, a yearly plan and a contact person."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

COMPLETENESS = ("has_work_rules", "has_yearly_plan", "has_contact_person")


class EducationGroup(StandingRegister):
    """The group that runs safety education. It counts once its document is issued; the three marks say how complete it is."""

    title = models.CharField(_("Title"), max_length=120)
    head_post = models.CharField(_("Post of the head"), max_length=60, blank=True)
    document_no = models.CharField(_("Document number"), max_length=60, blank=True)
    has_work_rules = models.BooleanField(_("Has work rules"), default=False)
    has_yearly_plan = models.BooleanField(_("Has a yearly plan"), default=False)
    has_contact_person = models.BooleanField(_("Has a contact person"), default=False)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Education group")
        verbose_name_plural = _("Education groups")
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=~models.Q(state="issued") | (~models.Q(document_no="") & ~models.Q(head_post="")),
                name="anlan_cn_educationgroup_issued_with_document",
            ),
        ]

    class Flow:
        subsystem = "M15"
        prefix = "EG"
        purpose = _(
            "The group that runs safety education, who heads it, and whether it has rules, a plan and a contact person."
        )
        clauses = ("S1-A2-k1", "S1-A2-b", "S1-2.1-a")
        states = {"drafted": _("Drafted"), "issued": _("Issued")}
        counted = ("issued",)
        occurred_label = _("Set up on")
        columns = ("title", "head_post", "document_no", *COMPLETENESS, "ended_on")
        filters = COMPLETENESS
        search = ("title", "head_post", "document_no")
        key = ("title", "occurred_on")

        draft = Step(
            label=_("Draft a group"),
            target="drafted",
            by=("can:manage",),
            fields=("*",),
            requires=("title",),
            consequence=_("It counts once its document is issued"),
            clause="S1-A2-b",
        )
        issue = Step(
            label=_("Issue the document"),
            sources=("drafted",),
            target="issued",
            by=("can:manage", "can:approve"),
            fields=("occurred_on", "head_post", "document_no", *COMPLETENESS),
            requires=("head_post", "document_no"),
            evidence=1,
            consequence=_("The group is in force and counts in the score"),
            clause="S1-A2-k1",
        )
        review = Step(
            label=_("Review the group"),
            sources=("issued",),
            target="issued",
            by=("can:manage",),
            fields=("head_post", *COMPLETENESS),
            requires=("head_post",),
            evidence=1,
            consequence=_("The score counts the marks as you set them"),
            clause="S1-A2-k1",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """An issued group has a document and a head."""
        super().clean()
        if self.state == "issued" and not self.document_no:
            raise ValidationError({"document_no": _("An issued document carries a number.")})
        if self.state == "issued" and not self.head_post:
            raise ValidationError({"head_post": _("An issued group has a head: name the post.")})
