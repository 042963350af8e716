"""The sequencer: gives committed entries their dense positions and extends the tree. The worker calls `sequence` every second.

One batch is one transaction: positions, tiles and head are written and the queue rows are gone, or nothing happened. So it may
be killed at any moment, and each entry is placed exactly once. Only committed queue rows are seen; an entry whose
transaction ends late gets a later position, whatever its number. Writers never wait for it, but for one short batch on SQLite.
"""

import datetime as dt
import math
import time
import uuid
from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from anlan.ledger.errors import LedgerError
from anlan.ledger.models import Leader, Position, TreeHead, Unsequenced
from anlan.ledger.store import load_tile, log_hash, newest_head, write_tiles
from anlan.ledger.tiles import Edge

BATCH = 4000
LEASE = dt.timedelta(seconds=5)
NAME = "sequencer"
Clock = Callable[[], dt.datetime]


class Sequencer:
    """One who may lead. Each process makes its own; the lease decides which of them places entries."""

    def __init__(self) -> None:
        self.holder = uuid.uuid4()
        self._edge: Edge | None = None
        self._root = b""

    def run(self, *, clock: Clock = timezone.now, batch: int = BATCH, within_seconds: float = math.inf) -> int:
        """Place everything that waits, batch by batch, and return how many; 0 also while another one leads.

        Busy writers can keep the queue from ever being empty: `within_seconds` ends the run, so that heads get signed.
        """
        total, began = 0, time.monotonic()
        while time.monotonic() - began < within_seconds and Unsequenced.objects.exists():
            placed = self.run_batch(now=clock(), batch=batch)
            total += placed
            if not placed:
                break
        return total

    def run_batch(self, *, now: dt.datetime, batch: int = BATCH) -> int:
        """Place at most `batch` entries in one transaction and return how many."""
        try:
            with transaction.atomic():
                return self._place(now=now, batch=batch) if self._leads(now) else 0
        except BaseException:
            self._edge = None  # the memory is ahead of the database now
            raise

    def _leads(self, now: dt.datetime) -> bool:
        """Take or renew the lease by a conditional UPDATE. The row stays locked until the batch is committed.

        A lease that ends later than any lease can was written before the clock was set back: it is void.
        """
        Leader.objects.bulk_create([Leader(name=NAME)], ignore_conflicts=True)
        is_free = Q(holder=None) | Q(holder=self.holder) | Q(until__lt=now) | Q(until__gt=now + LEASE)
        return bool(Leader.objects.filter(is_free, name=NAME).update(holder=self.holder, until=now + LEASE))

    def _place(self, *, now: dt.datetime, batch: int) -> int:
        waiting = list(Unsequenced.objects.order_by("entry_id").values_list("entry_id", "entry__leaf")[:batch])
        if not waiting:
            return 0
        entries, leaves = [pk for pk, _ in waiting], [bytes(leaf) for _, leaf in waiting]
        edge = self._edge_now()
        _move_to_positions(entries, start=edge.size)
        write_tiles(edge.append(leaves))
        self._root = edge.root()
        TreeHead(size=edge.size, root=self._root, at=now).save(force_insert=True)
        return len(entries)

    def _edge_now(self) -> Edge:
        """Return the tree's right edge: as remembered, unless another one led in the meantime."""
        head = newest_head()
        size, root = (head.size, bytes(head.root)) if head else (0, b"")
        if self._edge is None or (self._edge.size, self._root) != (size, root):
            self._edge = Edge(size, load_tile, log_hash())
        return self._edge


def _move_to_positions(entries: Sequence[int], *, start: int) -> None:
    """Take exactly these entries, in order, from the queue to the positions from `start` on: more may have been committed meanwhile."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # one statement; one for each row costs ten times as much there
            cursor.execute(_MOVE, [f"{{{','.join(map(str, entries))}}}", start])
            taken = cursor.rowcount
        else:
            cursor.executemany(_POSITION, list(enumerate(entries, start=start)))
            cursor.executemany(_DEQUEUE, [(pk,) for pk in entries])
            taken = cursor.rowcount
    if taken != len(entries):
        raise LedgerError(
            "ledger.E003", f"{len(entries) - taken} entries left the queue while they were placed. Run `anlan check`."
        )


# Plain SQL: Django's `bulk_create` and its cascade cost four times as much for rows that nobody reads back.
_POSITION = f'INSERT INTO {Position._meta.db_table} ("index", entry_id) VALUES (%s, %s)'  # noqa: S608
_DEQUEUE = f"DELETE FROM {Unsequenced._meta.db_table} WHERE entry_id = %s"  # noqa: S608
_MOVE = (
    f"WITH taken AS (DELETE FROM {Unsequenced._meta.db_table} WHERE entry_id = ANY(%s::bigint[]) RETURNING entry_id) "  # noqa: S608
    f'INSERT INTO {Position._meta.db_table} ("index", entry_id) '
    "SELECT %s::bigint + row_number() OVER (ORDER BY entry_id) - 1, entry_id FROM taken"
)
