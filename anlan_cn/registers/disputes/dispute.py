"""Medical dispute (医疗纠纷): accepted, mediated, settled, closed, with the record of the mediation."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Deadline, Step
from anlan.flow.register import Register
from anlan.vault.fields import EncryptedCharField, EncryptedTextField

SETTLED_BEFORE_ACCEPTED = _("It cannot be settled before it was accepted.")
CLOSED_TOO_EARLY = _("It cannot be closed before it was accepted and settled.")
RECORD_OF_NOTHING = _("There is a mediation record but no mediation; say who mediated.")
STILL_OPEN = _("It is still open; take the step that settles or closes it.")
NEGATIVE_AMOUNT = _("An amount is not negative.")


class Dispute(Register):
    """A dispute between patient and institution. `occurred_on` is the day of acceptance; the summary is sealed.

    Who complained stays masked. A case about the institution's leaders leaves its ordinary scope and goes to the commission.
    """

    class Severity(models.TextChoices):
        GENERAL = "general", _("General")
        MAJOR = "major", _("Major")

    class Mediation(models.TextChoices):
        NONE = "none", _("No mediation")
        INTERNAL = "internal", _("Mediation in the institution")
        PEOPLE = "people", _("People's mediation")
        JUDICIAL = "judicial", _("Judicial mediation")
        ADMINISTRATIVE = "administrative", _("Administrative mediation")

    severity = models.CharField(_("Severity"), max_length=8, choices=Severity.choices, default=Severity.GENERAL)
    mediation = models.CharField(_("Mediation"), max_length=16, choices=Mediation.choices, default=Mediation.NONE)
    mediation_record_no = EncryptedCharField(_("Mediation record number"), max_length=60, blank=True, searchable=True)
    has_mediation_record = models.BooleanField(_("Has a mediation record"), default=False, editable=False)
    settled_on = models.DateField(_("Settled on"), null=True, blank=True)
    closed_on = models.DateField(_("Closed on"), null=True, blank=True)
    is_settled = models.BooleanField(_("Settled"), default=False, editable=False)
    is_mass_incident = models.BooleanField(_("Mass incident"), default=False)
    amount_yuan = models.DecimalField(_("Amount (yuan)"), max_digits=12, decimal_places=2, null=True, blank=True)
    complainant = EncryptedCharField(_("Complainant or patient"), max_length=60, blank=True, searchable=True)
    complainant_phone = EncryptedCharField(_("Telephone of the complainant"), max_length=20, blank=True)
    concerns_leaders = models.BooleanField(_("Concerns the institution's leaders"), default=False)
    summary = EncryptedTextField(_("Summary"), max_length=4000, blank=True)

    class Meta(Register.Meta):
        verbose_name = _("Medical dispute")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=Q(settled_on__isnull=True) | Q(settled_on__gte=F("occurred_on")),
                name="anlan_cn_dispute_settled_after_accepted",
                violation_error_message=SETTLED_BEFORE_ACCEPTED,
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True)
                | (
                    Q(closed_on__gte=F("occurred_on"))
                    & (Q(settled_on__isnull=True) | Q(closed_on__gte=F("settled_on")))
                ),
                name="anlan_cn_dispute_closed_after_settled",
                violation_error_message=CLOSED_TOO_EARLY,
            ),
            models.CheckConstraint(
                condition=~Q(mediation="none") | Q(mediation_record_no=""),
                name="anlan_cn_dispute_record_has_mediation",
                violation_error_message=RECORD_OF_NOTHING,
            ),
            models.CheckConstraint(
                condition=Q(is_settled=True, settled_on__isnull=False) | Q(is_settled=False, settled_on__isnull=True),
                name="anlan_cn_dispute_settled_has_day",
            ),
            models.CheckConstraint(
                condition=Q(amount_yuan__isnull=True) | Q(amount_yuan__gte=0),
                name="anlan_cn_dispute_amount_not_negative",
                violation_error_message=NEGATIVE_AMOUNT,
            ),
        ]

    class Flow:
        subsystem = "M11"
        prefix = "DP"
        purpose = _("Every dispute with patients: how grave, who mediates, by when, and how it ended.")
        clauses = (
            "S0-3.3-f",
            "S1-3.9-a",
            "S1-3.9-c",
            "S1-3.9-d",
            "S1-3.9-g",
            "S1-A5-i",
            "S1-A5-k6",
            "S1-A7-k3",
            "S1-A7-k4",
            "S1-A8-k2",
            "S1-A8-k3",
            "S4-4-b",
        )
        states = {
            "accepted": _("Accepted"),
            "mediating": _("In mediation"),
            "settled": _("Settled"),
            "closed": _("Closed"),
        }
        final = ("closed",)
        occurred_label = _("Accepted on")
        columns = ("severity", "mediation", "mediation_record_no", "due_on", "settled_on", "closed_on")
        filters = ("severity", "mediation", "is_settled", "is_mass_incident")
        search = ("mediation_record_no",)
        key = ("occurred_on", "severity", "mediation_record_no", "amount_yuan")
        derived = ("has_mediation_record", "is_settled")

        accept = Step(
            label=_("Accept a dispute"),
            target="accepted",
            by=("can:record", "can:manage"),
            fields=(
                "occurred_on",
                "severity",
                "is_mass_incident",
                "concerns_leaders",
                "amount_yuan",
                "complainant",
                "complainant_phone",
                "summary",
            ),
            requires=("severity",),
            deadline=Deadline(parameter="dispute.mediation_working_days", working=True),
            consequence=_("The mediation is due within the legal term"),
            clause="S1-3.9-g",
        )
        mediate = Step(
            label=_("Enter mediation"),
            sources=("accepted", "mediating"),
            target="mediating",
            by=("can:record", "can:manage"),
            fields=("mediation", "mediation_record_no", "severity", "is_mass_incident"),
            capacities=("external",),
            requires=("mediation",),
            consequence=_("The mediator works towards a settlement"),
            clause="S1-3.9-a",
            independent="can:investigate",
        )
        settle = Step(
            label=_("Settle"),
            sources=("accepted", "mediating"),
            target="settled",
            by=("can:record", "can:manage"),
            fields=("settled_on", "mediation", "mediation_record_no", "amount_yuan"),
            requires=("settled_on",),
            consequence=_("It counts as settled; the file is still to be closed"),
            clause="S1-A7-k4",
            independent="can:investigate",
        )
        close = Step(
            label=_("Close with the settlement paper"),
            sources=("settled",),
            target="closed",
            by=("can:manage",),
            fields=("closed_on", "mediation_record_no", "summary"),
            requires=("closed_on",),
            evidence=1,
            consequence=_("The file is archived"),
            clause="S1-A7-k3",
            independent="can:investigate",
        )
        close_unsettled = Step(
            label=_("Close unsettled"),
            sources=("accepted", "mediating"),
            target="closed",
            by=("can:manage",),
            fields=("closed_on", "mediation", "mediation_record_no", "summary"),
            requires=("closed_on",),
            needs_reason=True,
            consequence=_("It counts as not settled, for example since it went to court"),
            clause="S1-A5-i",
            awaited=False,
            independent="can:investigate",
        )
        reopen = Step(
            label=_("Reopen"),
            sources=("settled", "closed"),
            target="accepted",
            by=("can:manage",),
            sets={"settled_on": None, "closed_on": None},
            needs_reason=True,
            consequence=_("It no longer counts as settled"),
            clause="S1-A5-i",
            awaited=False,
            independent="can:investigate",
        )

    class Privacy:
        register = "sensitive"
        default = "sensitive"
        sealed = ("summary",)
        identity = {"complainant": "name", "complainant_phone": "phone"}
        about_leaders = "concerns_leaders"

    def derive(self, *, today: dt.date) -> None:
        """A record number is a record; a day of settlement is a settlement."""
        self.has_mediation_record = bool(self.mediation_record_no.strip())
        self.is_settled = self.settled_on is not None

    def clean(self) -> None:
        """Dates run in one direction and fit the state; a record needs a mediation."""
        super().clean()
        self._check_dates()
        if self.state == "mediating" and self.mediation == self.Mediation.NONE:
            raise ValidationError({"mediation": _("Say who mediates.")})
        if self.mediation_record_no and self.mediation == self.Mediation.NONE:
            raise ValidationError({"mediation_record_no": RECORD_OF_NOTHING})
        if self.amount_yuan is not None and self.amount_yuan < 0:
            raise ValidationError({"amount_yuan": NEGATIVE_AMOUNT})

    def _check_dates(self) -> None:
        if self.settled_on and self.state in ("accepted", "mediating"):
            raise ValidationError({"settled_on": STILL_OPEN})
        if self.state == "settled" and self.settled_on is None:
            raise ValidationError({"settled_on": _("A settled dispute has a day of settlement; reopen it instead.")})
        if self.closed_on and self.state != "closed" and self.state != "annulled":
            raise ValidationError({"closed_on": STILL_OPEN})
        if self.settled_on and self.settled_on < self.occurred_on:
            raise ValidationError({"settled_on": SETTLED_BEFORE_ACCEPTED})
        if self.closed_on and self.closed_on < max(self.occurred_on, self.settled_on or self.occurred_on):
            raise ValidationError({"closed_on": CLOSED_TOO_EARLY})
