"""Education attendance (受教育人员): who came to which safety class. Comes in sheets of thousands, so it stays light."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register
from anlan.vault.fields import EncryptedCharField


class EducationAttendance(Register):
    """One person at one session. Coverage counts each staff number once in a year."""

    session = models.ForeignKey(
        "anlan_cn.EducationSession", on_delete=models.PROTECT, related_name="+", verbose_name=_("Education session")
    )
    staff_no = models.CharField(_("Staff number"), max_length=32)
    staff_name = EncryptedCharField(_("Staff name"), max_length=60, blank=True, searchable=True)
    passed = models.BooleanField(_("Passed the test"), null=True, blank=True)

    class Meta(Register.Meta):
        verbose_name = _("Education attendance")
        verbose_name_plural = _("Education attendances")
        constraints = [
            *Register.Meta.constraints,
            models.UniqueConstraint(
                fields=["session", "staff_no"],
                condition=~models.Q(state="annulled"),
                name="anlan_cn_educationattendance_once_a_session",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="examined") | models.Q(passed__isnull=False),
                name="anlan_cn_educationattendance_examined_has_result",
            ),
        ]
        indexes = [
            *Register.Meta.indexes,
            # how many were taught in a year: the longest register of an institution, counted without its rows
            models.Index(
                fields=["institution", "occurred_on", "staff_no", "is_counted"], name="educationattendance_taught"
            ),
        ]

    class Flow:
        subsystem = "M15"
        prefix = "EA"
        purpose = _(
            "Who came to which safety class, and who passed its test; the coverage of the staff is counted from here."
        )
        clauses = ("S1-A2-k3", "S1-A2-b", "S1-2.1-a")
        states = {"attended": _("Attended"), "examined": _("Examined")}
        occurred_label = _("Attended on")
        columns = ("session", "staff_no", "staff_name", "passed")
        filters = ("session", "passed")
        search = ("staff_no", "staff_name")
        key = ("session", "staff_no")

        attend = Step(
            label=_("Record an attendance"),
            target="attended",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("session", "staff_no"),
            consequence=_("The person counts as educated in the year"),
            clause="S1-A2-k3",
        )
        examine = Step(
            label=_("Record the test"),
            sources=("attended",),
            target="examined",
            by=("can:record", "can:manage"),
            fields=("passed",),
            requires=("passed",),
            consequence=_("The result stands beside the attendance"),
            clause="S1-A2-c",
        )

    class Privacy:
        default = "internal"
        sensitive = ("staff_name",)

    def clean(self) -> None:
        """Nobody attends a session before it is held. The opening step has the session at hand: no query for each row."""
        super().clean()
        if self.occurred_on < self.session.occurred_on:
            words = {"day": self.session.occurred_on}
            raise ValidationError(
                {"occurred_on": _("The session was held on %(day)s; nobody attended it before.") % words}
            )
        if self.state == "examined" and self.passed is None:
            raise ValidationError({"passed": _("Say whether the person passed the test.")})
