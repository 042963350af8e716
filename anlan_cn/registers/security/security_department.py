"""Security department (保卫部门): the department, or the one person, that guards the institution."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

HEADLESS = _("Name the post that heads it.")


class SecurityDepartment(StandingRegister):
    """A security department or a dedicated person, in force until it is dissolved or replaced."""

    class Kind(models.TextChoices):
        DEPARTMENT = "department", _("Security department (office)")
        DEDICATED_PERSON = "dedicated_person", _("Dedicated person")

    kind = models.CharField(_("Kind"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("Name"), max_length=80)
    head_post = models.CharField(_("Head (post)"), max_length=60)
    is_full_time = models.BooleanField(_("Full-time"), default=False)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Security department")
        db_table = "anlan_cn_security_department"
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(head_post=""),
                name="anlan_cn_security_department_has_head",
                violation_error_message=HEADLESS,
            ),
        ]

    class Flow:
        subsystem = "M06"
        prefix = "SD"
        purpose = _("Who guards the institution: its security department, or the person charged with it.")
        clauses = ("S1-A7-e", "S1-A7-k5", "S1-A8-c", "S1-A8-k4", "S2-1.3-a", "S2-6.7-g")
        states = {"established": _("Established"), "documented": _("Paper on file")}
        occurred_label = _("Established on")
        columns = ("kind", "name", "head_post", "is_full_time", "ended_on")
        filters = ("kind", "is_full_time")
        search = ("name", "head_post")
        key = ("kind", "name")

        establish = Step(
            label=_("Record the department or person"),
            target="established",
            by=("can:manage",),
            fields=("*",),
            requires=("kind", "name", "head_post"),
            consequence=_("The office files the paper that establishes it"),
            clause="S1-A7-e",
        )
        document = Step(
            label=_("File the establishing paper"),
            sources=("established",),
            target="documented",
            by=("can:manage", "can:approve"),
            evidence=1,
            consequence=_("An inspector finds the paper with the record"),
            clause="S1-A7-k5",
        )
        change_head = Step(
            label=_("Change the head"),
            sources=("established", "documented"),
            by=("can:manage",),
            fields=("head_post", "is_full_time"),
            requires=("head_post",),
            needs_reason=True,
            consequence=_("The former head stays in the timeline"),
            clause="S1-A8-c",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """Somebody heads it."""
        super().clean()
        if not self.head_post.strip():
            raise ValidationError({"head_post": HEADLESS})
