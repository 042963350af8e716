"""The append-only log: entries, the tree over them, what witnesses said of it, and what this node witnessed of other logs."""

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
    """The queue of entries that wait for their position in the tree. The sequencer deletes what it places.

    The database does not check that the entry exists: every writer would pay a tenth for it. `anlan check` does.
    """

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, primary_key=True, db_constraint=False)

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


class Log(models.Model):
    """What is fixed for the log at hand: the hash of its tree. One row; it cannot be changed once there is an entry."""

    name = models.CharField(max_length=20, primary_key=True)
    tree_hash = models.CharField(max_length=10)

    def __str__(self) -> str:
        return f"{self.name}: {self.tree_hash}"


class Leader(models.Model):
    """Who may extend the tree, and until when. The row also serialises those who believe that they may."""

    name = models.CharField(max_length=20, primary_key=True)
    holder = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"


class Witness(models.Model):
    """How it stands between our log and one of its witnesses. `size` is what it cosigned last, 0 for nothing yet."""

    name = models.CharField(max_length=200, primary_key=True)
    size = models.PositiveBigIntegerField(default=0)
    cosigned_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    fault = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.name} up to {self.size}"


class WitnessedLog(models.Model):
    """The newest checkpoint of another log that this node cosigned, with our cosignature. It only ever grows."""

    origin = models.CharField(max_length=200, primary_key=True)
    size = models.PositiveBigIntegerField(default=0)
    root = models.BinaryField(max_length=32, default=b"")
    tree_hash = models.CharField(max_length=10, blank=True)
    checkpoint = models.TextField(blank=True)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.origin} up to {self.size}"


class Alarm(models.Model):
    """A contradiction between a log and what was witnessed of it, with the checkpoints that show it. Never deleted.

    `mark` names one contradiction: seen again, it is counted. `settled_at` says when the log proved that it goes on from there.
    """

    class Kind(models.TextChoices):
        ROLLED_BACK = "rolled_back", _("The log has fewer entries than were witnessed")
        SPLIT_VIEW = "split_view", _("The log shows two histories")
        UNPROVEN = "unproven", _("The log did not prove that it goes on from what was witnessed")
        WITNESS_BEHIND = "witness_behind", _("The witness has forgotten a checkpoint that it cosigned")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    is_ours = models.BooleanField()  # raised by our own log's worker; else by this node as a witness
    origin = models.CharField(max_length=200)
    witness = models.CharField(max_length=200)
    witnessed = models.PositiveBigIntegerField()  # entries that were cosigned
    shown = models.PositiveBigIntegerField()  # entries of what contradicts it
    said = models.TextField()
    evidence = models.TextField(blank=True)
    mark = models.CharField(max_length=64, unique=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["origin", "settled_at"], name="ledger_alarm_open")]  # what is open of a log

    def __str__(self) -> str:
        return f"{self.kind} of {self.origin}"
