"""The sequencer: dense positions, exactly once, under one leader; only committed entries, and nobody waits."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from anlan.ledger.errors import LedgerError
from anlan.ledger.models import Entry, Leader, Position, Tile, TreeHead, Unsequenced
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.store import stored_tree
from anlan.ledger.tree import root
from tests.properties.test_tree import by_definition
from tests.unit.ledger.log import AT, write

pytestmark = [pytest.mark.database, pytest.mark.django_db]
Execute = Callable[..., object]
ROOT = Path(__file__).resolve().parents[3]


def clock() -> dt.datetime:
    return AT


def placed() -> list[int]:
    """The entries in the order of their positions, which must be dense."""
    rows = list(Position.objects.order_by("index").values_list("index", "entry_id"))
    assert [index for index, _ in rows] == list(range(len(rows)))
    return [entry for _, entry in rows]


def leaves() -> list[bytes]:
    return [bytes(leaf) for leaf in Position.objects.order_by("index").values_list("entry__leaf", flat=True)]


def test_waiting_entries_get_dense_positions_and_the_root_of_their_leaves() -> None:
    entries = write(7)
    assert Sequencer().run(clock=clock) == 7

    head = TreeHead.objects.get()
    assert placed() == [entry.pk for entry in entries]
    assert not Unsequenced.objects.exists()
    assert (head.size, bytes(head.root), head.at) == (7, by_definition([entry.leaf for entry in entries]), AT)


def test_batches_extend_the_tree_across_tiles_and_each_leaves_a_head() -> None:
    write(300)
    sequencer = Sequencer()
    assert sequencer.run(clock=clock, batch=120) == 300
    write(15)
    assert sequencer.run(clock=clock, batch=120) == 15

    assert list(TreeHead.objects.order_by("size").values_list("size", flat=True)) == [120, 240, 300, 315]
    for head in TreeHead.objects.all():
        assert bytes(head.root) == by_definition(leaves()[: head.size]) == root(stored_tree(), head.size)
    widths = {(tile.level, tile.index): len(tile.hashes) // 32 for tile in Tile.objects.all()}
    assert widths == {(0, 0): 256, (0, 1): 59, (1, 0): 1}


def test_another_sequencer_goes_on_where_the_first_one_stopped() -> None:
    write(5)
    Sequencer().run(clock=clock)
    write(5)
    later = AT + dt.timedelta(seconds=6)
    assert Sequencer().run(clock=lambda: later) == 5
    assert len(placed()) == 10
    assert bytes(TreeHead.objects.get(size=10).root) == by_definition(leaves())


def test_an_entry_that_is_committed_late_gets_a_later_position() -> None:
    late, early = write(2)
    Unsequenced.objects.filter(pk=late.pk).delete()
    sequencer = Sequencer()
    sequencer.run(clock=clock)
    Unsequenced.objects.create(entry=late)  # its transaction ends only now
    sequencer.run(clock=clock)
    assert placed() == [early.pk, late.pk]


def test_while_one_leads_another_places_nothing() -> None:
    first, second = Sequencer(), Sequencer()
    write(1)
    assert first.run(clock=clock) == 1
    write(1)
    assert second.run(clock=clock) == 0
    assert first.run(clock=clock) == 1
    assert Leader.objects.get().holder == first.holder


def test_a_lease_that_ran_out_is_taken_over_and_the_first_one_notices() -> None:
    first, second = Sequencer(), Sequencer()
    write(1)
    first.run(clock=clock)
    write(2)
    later = AT + dt.timedelta(seconds=6)
    assert second.run(clock=lambda: later) == 2
    write(1)
    assert first.run(clock=lambda: later) == 0
    assert first.run(clock=lambda: later + dt.timedelta(seconds=6)) == 1
    assert bytes(TreeHead.objects.get(size=4).root) == by_definition(leaves())


def test_a_lease_from_before_the_clock_was_set_back_is_void() -> None:
    write(1)
    Sequencer().run(clock=lambda: AT + dt.timedelta(hours=3))
    write(1)
    assert Sequencer().run(clock=clock) == 1


def test_a_batch_that_fails_leaves_nothing_behind_and_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    write(3)
    sequencer = Sequencer()
    sequencer.run(clock=clock)
    write(3)
    with monkeypatch.context() as patch:
        patch.setattr(TreeHead, "save", _disk_full)  # the last that a batch writes
        with pytest.raises(OSError, match="No space left"):
            sequencer.run(clock=clock)
    assert (len(placed()), Unsequenced.objects.count(), TreeHead.objects.count()) == (3, 3, 1)

    assert sequencer.run(clock=clock) == 3
    assert bytes(TreeHead.objects.get(size=6).root) == by_definition(leaves())


def _disk_full(head: TreeHead, **_: object) -> None:
    raise OSError("No space left on device")


def test_entries_that_leave_the_queue_while_they_are_placed_stop_the_batch() -> None:
    """The tree would hold a leaf that has no position."""
    [first, *_] = write(3)
    sequencer = Sequencer()

    def take_one_away(execute: Execute, sql: str, params: object, many: bool, context: object) -> object:
        if "ledger_position" in sql:
            Unsequenced.objects.filter(pk=first.pk).delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take_one_away), pytest.raises(LedgerError, match="1 entries left the queue"):
        sequencer.run(clock=clock)
    assert (placed(), Unsequenced.objects.count(), TreeHead.objects.count()) == ([], 3, 0)
    assert sequencer.run(clock=clock) == 3


def test_a_queue_that_busy_writers_keep_filled_does_not_hold_up_the_signing() -> None:
    class Busy(Sequencer):
        """While it places a batch, the next entry comes in."""

        def run_batch(self, *, now: dt.datetime, batch: int = 1) -> int:
            write(1)
            return super().run_batch(now=now, batch=batch)

    write(1)
    sequencer, began = Busy(), time.monotonic()
    placed_now = sequencer.run(clock=clock, batch=1, within_seconds=0.2)
    assert 0.2 <= time.monotonic() - began < 5
    assert placed_now == len(placed()) > 0
    assert Unsequenced.objects.count() == 1


def test_an_empty_queue_costs_one_question(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert Sequencer().run(clock=clock) == 0


@pytest.mark.django_db(transaction=True)
def test_two_sequencers_beside_writers_place_each_entry_once() -> None:
    stop = threading.Event()
    threads = [threading.Thread(target=_sequence_until, args=(stop,)) for _ in range(2)]
    threads += [threading.Thread(target=_write_some) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads[2:]:
        thread.join()
    stop.set()
    for thread in threads[:2]:
        thread.join()
    Leader.objects.update(until=None, holder=None)
    Sequencer().run()

    assert sorted(placed()) == sorted(Entry.objects.values_list("pk", flat=True))
    assert len(placed()) == 60
    newest = TreeHead.objects.order_by("-size")[0]
    assert bytes(newest.root) == by_definition(leaves())


def _write_some() -> None:
    for _ in range(10):
        with transaction.atomic():
            write(3)
    connection.close()


def _sequence_until(stop: threading.Event) -> None:
    sequencer = Sequencer()
    while not stop.is_set():
        sequencer.run(batch=4)
        time.sleep(0.005)
    connection.close()


WORK = """
import django; django.setup()
from django.conf import settings
from django.db import connections
connections["default"].close(); connections["default"].settings_dict["NAME"] = {name!r}
from anlan.ledger.sequencer import Sequencer
from anlan.org.scope import as_system
print("ready", flush=True)
with as_system("sequencer"):
    while True: Sequencer().run(batch=3)
"""


@pytest.mark.django_db(transaction=True)
def test_a_sequencer_killed_at_any_moment_loses_and_doubles_nothing() -> None:
    with transaction.atomic():
        write(1500)
    connection.close()
    command = [sys.executable, "-c", WORK.format(name=connection.settings_dict["NAME"])]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    for delay in (0.0, 0.003, 0.007, 0.011):
        before = Position.objects.count()
        Leader.objects.update(until=None, holder=None)  # a new leader would wait for the lease of the dead one
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            while Position.objects.count() == before:
                time.sleep(0.002)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
    survived = len(placed())
    assert 0 < survived < 1500
    assert Unsequenced.objects.count() == 1500 - survived

    Leader.objects.update(until=None, holder=None)
    Sequencer().run()
    assert sorted(placed()) == sorted(Entry.objects.values_list("pk", flat=True))
    assert bytes(TreeHead.objects.get(size=1500).root) == by_definition(leaves())
