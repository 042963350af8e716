"""Verifying a record: every step in plain words; what waits is not called proven, and what was changed is marked."""

import json
import uuid

import pytest

from anlan.ledger.append import append
from anlan.ledger.erase import destroy_content
from anlan.ledger.models import Entry, Position, Tile, TreeHead
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.verify import Outcome, Step, verify_record
from anlan.org.scope import Actor
from config.command import main
from tests.records import list_place
from tests.unit.ledger.log import erasure, write
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]
RECORD = uuid.UUID("6f1c1a52-3f0e-4b7c-9a55-0c1d2e3f4a5b")


def signed(head: TreeHead) -> Step:
    return Step(name="checkpoint", outcome=Outcome.HOLDS, said="signed")


@pytest.fixture
def entries() -> list[Entry]:
    write(4)
    entries = write(3, record=RECORD)
    write(300)
    Sequencer().run()
    return entries


def failures() -> list[tuple[str, str]]:
    proof = verify_record(RECORD, open_checkpoint=signed)
    return [(step.name, step.said) for step in proof.all_steps() if step.outcome is Outcome.FAILS]


def test_every_entry_of_an_untouched_record_is_proven(entries: list[Entry]) -> None:
    proof = verify_record(RECORD, open_checkpoint=signed)
    assert (proof.outcome, proof.size) == (Outcome.HOLDS, 307)
    assert [(entry.version, entry.position) for entry in proof.entries] == [(1, 4), (2, 5), (3, 6)]
    assert [step.name for step in proof.entries[0].steps] == ["content", "header", "leaf", "tree"]
    assert proof.entries[0].steps[-1].said == "9 hashes lead from position 4 to the root of 307 entries"
    assert proof.steps[0].said == "3 entries, versions 1 to 3, none is missing"


def test_an_entry_that_waits_is_not_called_proven(entries: list[Entry]) -> None:
    record = uuid.uuid4()
    write(1, record=record)
    proof = verify_record(record, open_checkpoint=signed)
    assert proof.outcome is Outcome.WAITS
    assert proof.entries[0].steps[-1].said == "waits for its position; the sequencer comes every second"


def test_an_erased_content_leaves_the_proof_whole(entries: list[Entry]) -> None:
    record = uuid.uuid4()
    write(2, record=record)
    destroy_content(record)
    append(1, erasure(3, record))
    proof = verify_record(record, open_checkpoint=signed)
    assert [entry.steps[0].outcome for entry in proof.entries] == [Outcome.HOLDS] * 3
    assert proof.entries[1].steps[0].said == "was erased lawfully, as a later entry says; its hash stays in the header"


def test_a_content_that_went_after_the_erasure_is_marked(entries: list[Entry]) -> None:
    record = uuid.uuid4()
    write(1, record=record)
    destroy_content(record)
    append(1, erasure(2, record))
    Entry.objects.filter(record_uid=record, version=2).update(content=None, salt=None)
    proof = verify_record(record, open_checkpoint=signed)
    assert proof.entries[1].steps[0].said == "its content is gone, and no erasure of the record is in the log"


def test_a_changed_content_is_marked(entries: list[Entry]) -> None:
    Entry.objects.filter(pk=entries[1].pk).update(content='{"note":"没有这回事"}')
    [(name, said)] = failures()
    assert name == "content"
    assert said.endswith("the header says otherwise")


def test_a_changed_column_is_marked(entries: list[Entry]) -> None:
    Entry.objects.filter(pk=entries[0].pk).update(actor_id=8, step="correct")
    assert failures() == [("header", "the row says otherwise on: step, actor")]


def test_a_changed_header_is_marked_even_with_a_new_leaf(entries: list[Entry]) -> None:
    from anlan.ledger.entry import leaf_hash

    header = entries[0].header.replace("2025-03-09", "2025-03-01")
    Entry.objects.filter(pk=entries[0].pk).update(
        header=header, leaf=leaf_hash(header.encode()), occurred_on="2025-03-01"
    )
    assert failures() == [("tree", "its 9 hashes do not lead from position 4 to the root of 307 entries")]


def test_a_missing_version_is_marked(entries: list[Entry]) -> None:
    Position.objects.filter(entry=entries[1]).delete()
    Entry.objects.filter(pk=entries[1].pk).delete()
    assert failures() == [("versions", "entries of version 2 are gone")]


def test_an_entry_without_position_or_queue_row_is_marked(entries: list[Entry]) -> None:
    Position.objects.filter(entry=entries[2]).delete()
    assert failures() == [("tree", "has no position in the tree and does not wait for one")]


def test_a_lost_tile_is_named(entries: list[Entry]) -> None:
    Tile.objects.filter(level=0, index=0).delete()
    assert ("tree", "Tile 0/0 is not stored.") in failures()


def test_an_unknown_record_is_refused(db: None) -> None:
    with pytest.raises(LookupError, match=f"The ledger holds no record {RECORD}"):
        verify_record(RECORD)


def test_the_command_tells_by_its_exit_code(
    entries: list[Entry], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cryptography")
    row = Step(name="row", outcome=Outcome.HOLDS, said="these entries are of no row")
    monkeypatch.setattr("anlan.flow.proof._row", lambda *_args: row)  # rows are tested with the command itself
    from anlan.ledger.signing import sign_newest

    assert main(["verify", str(RECORD)]) == 1  # the head is not signed yet
    assert "Not proven yet" in capsys.readouterr().out
    sign_newest()
    assert main(["verify", str(RECORD)]) == 0
    assert (
        "Proven: every entry stands in the tree as it was written, and the row says what they say."
        in capsys.readouterr().out
    )
    assert main(["verify", str(uuid.uuid4())]) == 1

    Entry.objects.filter(pk=entries[1].pk).update(content="{}")
    capsys.readouterr()
    assert main(["verify", str(RECORD), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"], told["tree_size"], len(told["entries"][0]["inclusion"])) == ("fails", 307, 9)


def test_a_checkpoint_of_another_head_fails(entries: list[Entry]) -> None:
    pytest.importorskip("cryptography")
    from anlan.ledger.signing import sign_newest
    from anlan.ledger.verify import open_with_own_key

    sign_newest()
    head = TreeHead.objects.order_by("-size")[0]
    assert open_with_own_key(head).outcome is Outcome.HOLDS
    head.root = b"\x00" * 32
    assert open_with_own_key(head).said == "the signed text is of another tree head"
    head.checkpoint = head.checkpoint.replace("307", "308")
    assert open_with_own_key(head).said == "The signature of anlan.local/ledger does not belong to this text."


def test_a_number_that_no_record_has_is_refused(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "HZ-2025-9999"]) == 1
    assert 'No record has the number "HZ-2025-9999"' in capsys.readouterr().err


def test_a_number_that_several_institutions_use_asks_for_one(
    world: World, li_actor: Actor, zhao_actor: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = list_place(world.hospital_a, by=li_actor)
    theirs = list_place(world.hospital_b, by=zhao_actor)
    assert mine.number == theirs.number
    Sequencer().run()

    assert main(["verify", mine.number]) == 1
    assert f'2 records have the number "{mine.number}"' in capsys.readouterr().err
    main(["verify", mine.number, "--institution", world.hospital_b.code, "--json"])
    assert json.loads(capsys.readouterr().out)["record"] == str(theirs.uid)
