"""The base of every register: the columns that all records share, and managers that fail closed."""

import datetime as dt
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.signals import class_prepared
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from anlan.flow.noting import NotedRows, note_loaded
from anlan.flow.spec import read_declaration, spec_of
from anlan.org.models import Institution, Person, Unit
from anlan.org.policy import visible_records, visible_within
from anlan.org.scope import current_actor


class ScopedManager(models.Manager[Any]):
    """Gives only the rows that the acting person may read, and notes what is sensitive. With nobody acting it raises `Unscoped`."""

    _queryset_class = NotedRows

    def get_queryset(self) -> "models.QuerySet[Any]":
        """Return the visible rows; it is the base manager too, so related look-ups are held to the same scope."""
        actor = current_actor()
        rows = super().get_queryset()
        if actor.is_system:
            return rows
        return rows.filter(visible_records(actor, spec_of(self.model).kind))

    def within(self, institution: Institution) -> "models.QuerySet[Any]":
        """Return the visible rows of one institution, without a join: what lists and the to-do centre page through."""
        scope = visible_within(current_actor(), institution, spec_of(self.model).kind)
        return super().get_queryset().filter(scope, institution=institution)


class Register(models.Model):
    """A record of something that happened once. `occurred_on` is when; its label differs by register.

    `is_counted` tells whether the state is one that figures count; `perform` keeps it. Change records only with `perform`.
    `before` holds the columns as they were before the step in hand; empty for a new record. Methods that follow read it.

    The honest times: `recorded_on`, `late_days`, `is_late` and `is_night_entry` follow from `recorded_at` and `occurred_on`
    (see `flow.times`); `is_batch_entry` and `is_copied` need a look at other records and come later (`flow.hindsight`;
    null: nobody looked yet). None of them is part of what the ledger says.
    """

    is_standing: ClassVar[bool] = False
    before: Mapping[str, Any] = MappingProxyType({})

    uid = models.UUIDField(_("Receipt"), unique=True, default=uuid.uuid4, editable=False)
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="+", verbose_name=_("Institution"), db_index=False
    )
    department = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("Department"),
        db_index=False,
    )
    number = models.CharField(_("Number"), max_length=32, editable=False)
    state = models.CharField(_("State"), max_length=16, editable=False)
    occurred_on = models.DateField(_("Occurred on"))
    recorded_at = models.DateTimeField(_("Recorded at"), editable=False)
    recorded_by = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("Recorded by"),
        db_index=False,
    )
    due_on = models.DateField(_("Due on"), null=True, blank=True)
    is_counted = models.BooleanField(_("Counts"), default=False, editable=False)
    version = models.PositiveIntegerField(_("Version"), default=0, editable=False)
    batch = models.ForeignKey("flow.Batch", on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    extra = models.JSONField(_("Local extras"), default=dict, blank=True)
    recorded_on = models.DateField(_("Recorded on"), null=True, editable=False)
    late_days = models.IntegerField(_("Days from the event to the record"), null=True, editable=False)
    is_late = models.BooleanField(_("Recorded late"), null=True, editable=False)
    is_night_entry = models.BooleanField(_("Recorded at night"), null=True, editable=False)
    is_batch_entry = models.BooleanField(_("Recorded in a batch"), null=True, editable=False)
    is_copied = models.BooleanField(_("Text as in another month"), null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["institution", "number"], name="%(app_label)s_%(class)s_number_once"),
        ]
        indexes = [
            # the facts of one institution, and its list page, newest first
            models.Index(fields=["institution", "occurred_on", "id"], name="%(class)s_facts"),
            # what is open in an institution, nearest deadline first
            models.Index(fields=["institution", "state", "due_on", "id"], name="%(class)s_open"),
        ]

    def __str__(self) -> str:
        return self.number

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Register":
        """Make the record of a row that was loaded, and note the reading where it is sensitive."""
        record: Register = super().from_db(*args, **kwargs)
        note_loaded(record, args[1])
        return record

    def derive(self, *, today: dt.date) -> None:
        """Set the derived columns from the others. `perform` calls it before every write."""

    def clean(self) -> None:
        """Refuse columns that contradict each other: raise ValidationError with a message per column."""


class StandingRegister(Register):
    """A record of something that is in force from `occurred_on` until `ended_on` (exclusive; null = still in force)."""

    is_standing: ClassVar[bool] = True

    ended_on = models.DateField(
        _("In force until"),
        null=True,
        blank=True,
        help_text=_("The first day on which it is no longer in force; for a plan of 2025 that is 1 January 2026."),
    )

    class Meta(Register.Meta):
        abstract = True
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("occurred_on")),
                name="%(app_label)s_%(class)s_ends_after_start",
            ),
        ]

    def clean(self) -> None:
        """Refuse an end before the beginning."""
        super().clean()
        if self.ended_on and self.occurred_on and self.ended_on < self.occurred_on:
            raise ValidationError(
                {"ended_on": _("The end lies before the beginning (%(day)s).") % {"day": self.occurred_on}}
            )


@receiver(class_prepared)
def _collect(sender: type[models.Model], **_: Any) -> None:
    if issubclass(sender, Register) and not sender._meta.abstract and sender.__module__ != "__fake__":
        read_declaration(sender)
