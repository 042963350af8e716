"""The flow's own tables: import batches, counters for numbers, evidence files, idempotency keys."""

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.noting import note_kept
from anlan.org.models import Institution, Person


class Batch(models.Model):
    """One import: which file, by whom, into which register, and whether it was undone."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        CHECKED = "checked", _("Checked")
        RUNNING = "running", _("Running")
        COMMITTED = "committed", _("Committed")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Failed")

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    register = models.CharField(_("Register"), max_length=40)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=State.choices)
    file_name = models.CharField(_("File"), max_length=200)
    file_sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=200, blank=True)
    rows = models.PositiveIntegerField(_("Rows"), default=0)
    report = models.JSONField(default=dict)  # the dry run as shown: counts, notes, the first problems
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Import")
        indexes = [
            models.Index(fields=["institution", "register", "at"], name="flow_batch_recent")
        ]  # an institution's imports

    def __str__(self) -> str:
        return f"{self.register} {self.file_name}"

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Batch":
        """Make the import of a row that was loaded; its report quotes cells of the sheet, which may be sensitive."""
        batch: Batch = super().from_db(*args, **kwargs)
        if quoted := len(batch.__dict__.get("report", {}).get("problems", ())):
            note_kept(batch.register, None, batch.institution_id, quoted)
        return batch


class Counter(models.Model):
    """The last number given in a register of an institution in a year."""

    institution_id = models.BigIntegerField()
    register = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution_id", "register", "year"], name="flow_counter_once")]

    def __str__(self) -> str:
        return f"{self.register} {self.year}: {self.last}"


class Evidence(models.Model):
    """A file that came with a step. Its bytes lie under the SHA-256 in the evidence folder and are never overwritten."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    institution_id = models.BigIntegerField()
    register = models.CharField(max_length=40)
    record_uid = models.UUIDField(db_index=True)  # the gallery of a record
    step = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    name = models.CharField(_("File"), max_length=200)
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField(_("Size"))
    sha256 = models.CharField(max_length=64)
    original_sha256 = models.CharField(
        max_length=64, blank=True
    )  # of the upload; pictures are drawn anew before they are kept
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("Evidence")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Evidence":
        """Make the file of a row that was loaded; its name tells of the record."""
        file: Evidence = super().from_db(*args, **kwargs)
        if "name" in args[1]:
            note_kept(file.register, file.record_uid, file.institution_id)
        return file


class Performed(models.Model):
    """An idempotency key that was used, the keyed digest of what was written under it, and the entry that came of it.

    `fingerprint` is empty for keys from before it was kept.
    """

    key = models.CharField(max_length=160, unique=True)
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    entry_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.key


class LookBack(models.Model):
    """How far the tree was looked at for batches and copied texts, and when; one row. See `flow.hindsight`.

    `turn` grows with everything that a look stores: a look that was overtaken by another one stores nothing.
    """

    size = models.PositiveBigIntegerField(default=0)
    turn = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.size} entries looked at"


class Erasure(models.Model):
    """A request to erase a record, and after that the record's tombstone. It holds no content of the record.

    `department_id`, `recorded_by_id` and `is_about_leaders` are those of the record: they tell who could see it, and so may
    see the tombstone.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("Waits for approval")
        REFUSED = "refused", _("Refused")
        ERASED = "erased", _("Erased")

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    register = models.CharField(_("Register"), max_length=40)
    record_uid = models.UUIDField(db_index=True)  # the tombstone at the record's address
    number = models.CharField(_("Number"), max_length=32)
    department_id = models.BigIntegerField(null=True)
    recorded_by_id = models.BigIntegerField(null=True)
    is_about_leaders = models.BooleanField(default=False)
    ground = models.CharField(_("Legal ground"), max_length=40)
    reason = models.CharField(_("Reason"), max_length=500)
    state = models.CharField(_("State"), max_length=10, choices=State.choices, default=State.REQUESTED)
    requested_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    refused_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    entry_uid = models.UUIDField(null=True)
    entries = models.PositiveIntegerField(default=0)  # entries whose content was destroyed
    files = models.PositiveIntegerField(default=0)  # evidence files that came with the record

    class Meta:
        verbose_name = _("Erasure")
        constraints = [
            models.UniqueConstraint(
                fields=["record_uid"], condition=~models.Q(state="refused"), name="flow_erasure_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(state="erased") ^ models.Q(entry_uid__isnull=True), name="flow_erasure_has_its_entry"
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "state"], name="flow_erasure_waiting")
        ]  # what waits for approval

    def __str__(self) -> str:
        return f"{self.register} {self.number}"

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Erasure":
        """Make the request or tombstone of a row that was loaded; its reason tells of the record."""
        erasure: Erasure = super().from_db(*args, **kwargs)
        if "reason" in args[1]:
            note_kept(erasure.register, erasure.record_uid, erasure.institution_id)
        return erasure


class Approval(models.Model):
    """One person's approval of an erasure. It takes two, by two people who did not ask for it."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="approvals")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("Approval")
        constraints = [models.UniqueConstraint(fields=["erasure", "by"], name="flow_approval_once")]

    def __str__(self) -> str:
        return f"{self.by_id} on {self.erasure_id}"


class AuditWalk(models.Model):
    """How far the running audit has come: which stage, behind which key, and when it last came to the end.

    `turn` grows with every chunk; two workers that look at the same chunk store it once. `done` are the stages that the present
    turn through all of them has behind it, so that a stage which a new version brings enters it. `rounds` and `busy_ms` say what
    the present turn costs; `ended_…` say the same of the last whole one.
    """

    name = models.CharField(max_length=20, primary_key=True)
    turn = models.PositiveBigIntegerField(default=0)
    stage = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=64, blank=True)  # a row's key, or a hash; empty at the beginning of a stage
    done = models.JSONField(default=list)
    seen = models.PositiveBigIntegerField(default=0)
    rounds = models.PositiveBigIntegerField(default=0)
    busy_ms = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_seen = models.PositiveBigIntegerField(default=0)
    ended_seconds = models.PositiveBigIntegerField(default=0)
    ended_rounds = models.PositiveBigIntegerField(default=0)
    ended_busy_ms = models.PositiveBigIntegerField(default=0)

    @property
    def took(self) -> str:
        """How long the last whole turn took, as hours and minutes."""
        minutes = -(-self.ended_seconds // 60)
        return f"{minutes // 60}:{minutes % 60:02d}"

    @property
    def milliseconds(self) -> int:
        """What one round of the last whole turn took on average."""
        return round(self.ended_busy_ms / self.ended_rounds) if self.ended_rounds else 0

    def __str__(self) -> str:
        return f"{self.name}: {self.stage} behind {self.after}"


class AuditFinding(models.Model):
    """A difference between a row and its entries that the running audit met. It names the place and never a value.

    Rows here are not deleted: `gone_at` says since when a finding is not met any more, `gone_by` what showed it.
    """

    class GoneBy(models.TextChoices):
        TURN = "turn", _("Not met again by a whole turn")
        LOOK = "look", _("Agrees after a later look")

    fault = models.CharField(max_length=12)
    register = models.CharField(_("Register"), max_length=40)
    whose = models.CharField(max_length=64)  # the record's receipt (hex), or the key of a row that cannot be read
    column = models.CharField(_("Column"), max_length=80, blank=True)
    record_uid = models.UUIDField(null=True)
    institution_id = models.BigIntegerField(null=True)
    number = models.CharField(_("Number"), max_length=40, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    gone_by = models.CharField(max_length=4, choices=GoneBy.choices, blank=True)

    class Meta:
        verbose_name = _("Finding of the audit")
        constraints = [
            models.UniqueConstraint(fields=["fault", "register", "whose", "column"], name="flow_auditfinding_once")
        ]
        indexes = [
            models.Index(fields=["institution_id", "gone_at"], name="flow_auditfinding_open")
        ]  # what is open in an institution

    def __str__(self) -> str:
        return f"{self.fault} {self.register} {self.number} {self.column}"
