"""The append-only log: entries and the queue of those that the sequencer has not placed in the tree yet."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.ledger.content import ContentField, SaltField


class Entry(models.Model):
    """One thing that happened to one record. Never changed, never deleted.

    `header` is the canonical JSON that the leaf hashes; it names the record, the step and the people by id and
    holds the salted hash of the content, never the content itself. `content` and `salt` may be destroyed by a lawful
    erasure; the header and the leaf stay, so every proof still holds. Both are encrypted at rest and plain when they are read.
    """

    uid = models.UUIDField(unique=True)
    institution_id = models.BigIntegerField()
    register = models.CharField(max_length=40)
    record_uid = models.UUIDField()
    version = models.PositiveIntegerField()
    step = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    occurred_on = models.DateField()
    recorded_at = models.DateTimeField()
    header = models.TextField()
    content = ContentField(null=True)  # null = destroyed by a lawful erasure; empty is a content
    salt = SaltField(max_length=16, null=True)
    leaf = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("Ledger entry")
        constraints = [
            models.UniqueConstraint(
                fields=["record_uid", "version"], name="ledger_entry_version_once"
            )  # a record's timeline
        ]
        indexes = [
            models.Index(fields=["institution_id", "recorded_at"], name="ledger_entry_recent")
        ]  # an institution's newest entries

    def __str__(self) -> str:
        return f"{self.register} {self.record_uid} v{self.version} {self.step}"


class Unsequenced(models.Model):
    """The queue of entries that wait for their position in the tree. The sequencer deletes what it places."""

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, primary_key=True)

    def __str__(self) -> str:
        return f"entry {self.pk}"


class Position(models.Model):
    """Where the tree holds an entry: dense, from 0, given once by the sequencer."""

    index = models.PositiveBigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"entry {self.entry_id} at {self.index}"


class Tile(models.Model):
    """Up to 256 hashes of complete subtrees of 256^level leaves, joined, as C2SP tlog-tiles lays them out."""

    level = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "index"], name="ledger_tile_once")
        ]  # a node of the tree

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class TreeHead(models.Model):
    """The root of the first `size` entries. `checkpoint` is the same as a signed note; empty until it is signed."""

    size = models.PositiveBigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    checkpoint = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.size} {bytes(self.root).hex()}"


class Leader(models.Model):
    """Who may extend the tree, and until when. The row also serialises those who believe that they may."""

    name = models.CharField(max_length=20, primary_key=True)
    holder = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
