"""What `anlan check` finds in the ledger: each kind of tampering by SQL is found and named by its position."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from anlan.ledger import check
from anlan.ledger.append import append
from anlan.ledger.check import broken_entries, broken_tree
from anlan.ledger.entry import leaf_hash
from anlan.ledger.erase import destroy_content
from anlan.ledger.models import Entry, Leader, Position, Tile, TreeHead, Unsequenced
from anlan.ledger.sequencer import Sequencer
from tests.unit.ledger.log import erasure, write

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def entries() -> list[Entry]:
    written = write(600)
    sequencer = Sequencer()
    sequencer.run(batch=250)
    return written


def rewrite(entry: Entry) -> bytes:
    """Change what an entry says, and its leaf with it, as somebody would who knows the format."""
    header = entry.header.replace('"actor":7', '"actor":8')
    assert header != entry.header
    leaf = leaf_hash(header.encode())
    Entry.objects.filter(pk=entry.pk).update(header=header, leaf=leaf, actor_id=8)
    return leaf


def put_into_tile(level: int, index: int, at: int, value: bytes) -> None:
    hashes = bytes(Tile.objects.get(level=level, index=index).hashes)
    Tile.objects.filter(level=level, index=index).update(hashes=hashes[: at * 32] + value + hashes[at * 32 + 32 :])


def test_an_untouched_ledger_is_whole(entries: list[Entry]) -> None:
    write(1)  # one that waits is no fault
    assert (list(broken_entries()), list(broken_tree())) == ([], [])


def test_a_content_that_lies_plain_was_not_written_by_us_whatever_its_hashes_say(entries: list[Entry]) -> None:
    forged = entries[3]
    plain, salt = Entry.objects.get(pk=forged.pk).content, Entry.objects.get(pk=forged.pk).salt
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_entry SET content = %s, salt = %s WHERE id = %s", [plain, salt, forged.pk])
    assert list(broken_entries()) == [(forged.pk, "content lies unencrypted: somebody without the keys wrote it")]


def test_a_content_that_was_nulled_by_sql_is_named_and_a_lawful_erasure_is_not(entries: list[Entry]) -> None:
    record = uuid.uuid4()
    emptied, *_ = write(2, record=record)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_entry SET content = NULL, salt = NULL WHERE id = %s", [emptied.pk])
    assert list(broken_entries()) == [(emptied.pk, "its content is gone, and no erasure of the record is in the log")]
    destroy_content(record)
    append(1, erasure(3, record))
    assert list(broken_entries()) == []


@pytest.mark.parametrize("other", [
    {"approved_by": [8]}, {"approved_by": [7, 8]}, {"approved_by": [8, 8]}, {"approved_by": None}, {"ground": ""},
])  # fmt: skip
def test_an_erasure_without_ground_or_two_approvals_by_others_excuses_nothing(other: dict[str, Any]) -> None:
    record = uuid.uuid4()
    [emptied] = write(1, record=record)
    destroy_content(record)
    append(1, erasure(2, record, **other))
    said = "its content is gone, and its erasure names no ground, or not 2 approvals by others than who asked"
    assert list(broken_entries()) == [(emptied.pk, said)]


def test_an_empty_ledger_is_whole(db: None) -> None:
    assert list(broken_tree()) == []


def test_a_rewritten_entry_is_named_by_its_position(entries: list[Entry]) -> None:
    rewrite(entries[411])
    assert list(broken_entries()) == []
    assert list(broken_tree()) == [("position 411", "the entry's leaf is not the one in the tree")]


def test_an_entry_rewritten_together_with_its_tile_is_found_by_the_tile_above(entries: list[Entry]) -> None:
    put_into_tile(0, 1, 411 - 256, rewrite(entries[411]))
    said = (
        "its root is not that of the first 500 entries; something from position 250 on was changed, or the head itself"
    )
    assert list(broken_tree()) == [
        ("positions 256 to 511", "tile 0/1 and tile 1/0 above it do not agree"),
        ("tree head 500", said),  # the tile was not full then; the head of 600 rests on the tile above
    ]


def test_an_entry_rewritten_with_its_tile_at_the_edge_is_found_by_the_head(entries: list[Entry]) -> None:
    put_into_tile(0, 2, 590 - 512, rewrite(entries[590]))
    [(where, said)] = broken_tree()
    assert where == "tree head 600"
    assert "something from position 500 on was changed" in said


def test_a_column_that_says_otherwise_than_the_header_is_named(entries: list[Entry]) -> None:
    Entry.objects.filter(pk=entries[7].pk).update(occurred_on="2025-01-01", actor_id=None)
    assert list(broken_entries()) == [(entries[7].pk, "columns differ from the header: actor, occurred_on")]


def test_two_entries_that_changed_places_are_found(entries: list[Entry]) -> None:
    Position.objects.filter(index__in=[10, 20]).delete()
    Position.objects.create(index=10, entry=entries[20])
    Position.objects.create(index=20, entry=entries[10])
    said = "the entry's leaf is not the one in the tree"
    assert list(broken_tree()) == [("position 10", said), ("position 20", said)]


def test_a_deleted_entry_is_named_by_its_position(entries: list[Entry]) -> None:
    Position.objects.filter(index=300).delete()
    Entry.objects.filter(pk=entries[300].pk).delete()
    assert list(broken_tree()) == [("position 300", "holds no entry any more")]


def test_a_hole_is_named_in_its_whole_extent_and_hides_nothing_behind_it(entries: list[Entry]) -> None:
    Position.objects.filter(index__gte=200, index__lt=300).delete()
    Position.objects.filter(index=310).delete()
    rewrite(entries[411])
    put_into_tile(1, 0, 0, b"\x01" * 32)
    TreeHead.objects.filter(size=250).update(root=b"\x00" * 32)
    found = [line for line in broken_tree() if not line[0].startswith("entry ")]
    said = "its root is not that of the first 250 entries; something from position 0 on was changed, or the head itself"
    assert found == [
        ("position 200 and 99 more up to 299", "holds no entry any more"),
        ("position 310", "holds no entry any more"),
        ("position 411", "the entry's leaf is not the one in the tree"),
        ("positions 0 to 255", "tile 0/0 and tile 1/0 above it do not agree"),
        ("tree head 250 and 2 later ones up to 600", said),
    ]


def test_a_tile_that_is_gone_or_cut_short_is_named_and_its_neighbours_are_still_compared(entries: list[Entry]) -> None:
    Tile.objects.filter(level=0, index=1).delete()
    hashes = bytes(Tile.objects.get(level=0, index=2).hashes)
    Tile.objects.filter(level=0, index=2).update(hashes=hashes[:64])
    rewrite(entries[7])
    found = dict(broken_tree())
    assert found["tile 0/1"] == "is gone; holds 0 bytes, a tree of 600 entries has 8192 there"
    assert found["tile 0/2"] == "holds 64 bytes, a tree of 600 entries has 2816 there"
    assert found["position 7"] == "the entry's leaf is not the one in the tree"


def test_what_is_placed_while_the_check_runs_is_no_finding(
    entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check reads the size, then the tree grows by a tile, then it reads positions and tiles."""
    Leader.objects.all().delete()

    def size_and_growth() -> int:
        monkeypatch.undo()
        before = check.tree_size()
        write(300)
        Sequencer().run()
        return before

    monkeypatch.setattr(check, "tree_size", size_and_growth)
    assert list(broken_tree()) == []
    assert list(broken_tree()) == []


def test_an_entry_written_around_the_queue_is_named(entries: list[Entry]) -> None:
    [entry] = write(1)
    Unsequenced.objects.filter(pk=entry.pk).delete()
    said = "has no position in the tree and does not wait for one"
    assert list(broken_tree()) == [(f"entry {entry.pk}", said)]


def test_an_entry_that_is_queued_again_is_named(entries: list[Entry]) -> None:
    Unsequenced.objects.create(entry=entries[3])
    assert list(broken_tree()) == [(f"entry {entries[3].pk}", "has a position in the tree and waits for another one")]


def test_a_queue_row_without_an_entry_is_named_and_holds_nobody_up(entries: list[Entry]) -> None:
    nobody = entries[-1].pk + 1_000
    Unsequenced.objects.create(entry_id=nobody)
    [entry] = write(1)
    Leader.objects.all().delete()  # the one of the fixture still holds the lease
    assert Sequencer().run() == 1
    assert Position.objects.filter(entry=entry).exists()
    assert list(broken_tree()) == [(f"entry {nobody}", "waits for a position and does not exist")]


def test_a_position_beyond_the_newest_head_is_named(entries: list[Entry]) -> None:
    TreeHead.objects.filter(size=600).delete()
    said = "lies beyond the newest tree head, which has 500 entries"
    assert list(broken_tree()) == [
        ("position 500 and 99 more up to 599", said),
        ("tile 0/1", "holds 8192 bytes, a tree of 500 entries has 7808 there"),
        ("tile 0/2", "holds 2816 bytes, a tree of 500 entries has 0 there"),
        ("tile 1/0", "holds 64 bytes, a tree of 500 entries has 32 there"),
    ]


def test_a_changed_head_is_named(entries: list[Entry]) -> None:
    TreeHead.objects.filter(size=250).update(root=b"\x00" * 32)
    [(where, said)] = broken_tree()
    assert where == "tree head 250"
    assert said.endswith("or the head itself")


def test_an_entry_in_the_tree_cannot_be_deleted_by_a_plain_statement(entries: list[Entry]) -> None:
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        _delete(cursor, entries[0])


def _delete(cursor: Any, entry: Entry) -> None:
    cursor.execute("DELETE FROM ledger_entry WHERE id = %s", [entry.pk])
    connection.check_constraints()
