"""`anlan verify` on registers, the whole log, receipts and packages: proven, waiting, or named where it differs."""

import base64
import datetime as dt
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from anlan.ledger.audit import verify_log, verify_register
from anlan.ledger.checkpoint import Note, parse_note
from anlan.ledger.cosignature import Cosigner
from anlan.ledger.models import Entry, Leader, Position, Tile, TreeHead, Unsequenced
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import own_signer, sign_newest
from anlan.ledger.verify import Outcome
from anlan.org.scope import Actor, as_system
from config.command import main
from tests.records import list_place, report_hazard
from tests.unit.exchange.packages import mended, opened, packed
from tests.unit.ledger.log import write
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> None:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path)


@pytest.fixture
def filed(world: World, li_actor: Actor) -> World:
    for number in range(3):
        list_place(world.hospital_a, by=li_actor, name=f"药房{number}")
    with as_system("test") as system:
        list_place(world.hospital_b, by=system)
    report_hazard(world.hospital_a, by=li_actor)
    Sequencer().run()
    sign_newest()
    return world


def faults(audit: Any) -> list[tuple[str, str]]:
    assert audit.outcome is Outcome.FAILS
    return [(where, what) for where, what in audit.faults]


def test_a_register_is_proven_whole_or_for_one_institution(filed: World) -> None:
    audit = verify_register("key_place")
    assert (audit.outcome, audit.counts) == (Outcome.HOLDS, {"records": 4, "entries": 4})
    audit = verify_register("key_place", filed.hospital_b.pk)
    assert (audit.outcome, audit.counts) == (Outcome.HOLDS, {"records": 1, "entries": 1})
    with pytest.raises(LookupError, match='The ledger holds no entry of the register "device" there'):
        verify_register("device")


def test_a_register_names_each_entry_that_was_changed(filed: World) -> None:
    first, second, third = Entry.objects.filter(register="key_place", institution_id=filed.hospital_a.pk).order_by("pk")
    Entry.objects.filter(pk=first.pk).update(content="{}")
    Entry.objects.filter(pk=second.pk).update(step="correct")
    Entry.objects.filter(pk=third.pk).update(leaf=bytes(32))
    found = dict(faults(verify_register("key_place")))
    assert len(found) == 3
    assert found[f"record {first.record_uid} version 1, step list_place"].startswith("content: the content hashes to")
    assert found[f"record {second.record_uid} version 1, step correct"] == "header: the row says otherwise on: step"
    assert "the row holds another leaf" in found[f"record {third.record_uid} version 1, step list_place"]


def test_a_register_names_versions_that_are_gone(db: None) -> None:
    record = uuid.uuid4()
    entries = write(3, record=record)
    Sequencer().run()
    Position.objects.filter(entry=entries[1]).delete()
    Entry.objects.filter(pk=entries[1].pk).delete()
    assert faults(verify_register("hazard")) == [(f"record {record}", "1 of its 3 versions are gone")]


def test_what_waits_is_not_called_proven(filed: World, li_actor: Actor) -> None:
    report_hazard(filed.hospital_a, by=li_actor)
    assert verify_register("hazard").outcome is Outcome.WAITS
    assert (verify_log().outcome, verify_log().waiting) == (Outcome.WAITS, 1)


def test_the_whole_log_is_proven_with_every_signature(filed: World) -> None:
    audit = verify_log()
    assert audit.outcome is Outcome.HOLDS
    assert audit.counts == {"signatures": 1, "entries": 5, "heads": 1}


def test_the_whole_log_names_what_differs(filed: World) -> None:
    entry = Entry.objects.order_by("pk")[1]
    Entry.objects.filter(pk=entry.pk).update(content="{}")
    plain = "content lies unencrypted: somebody without the keys wrote it"
    assert faults(verify_log()) == [
        (f"entry {entry.pk}", plain),
        (f"entry {entry.pk}", "content does not match its hash"),
    ]


def test_the_whole_log_names_a_tile_and_a_signature_that_were_changed(filed: World) -> None:
    tile = Tile.objects.get(level=0, index=0)
    Tile.objects.filter(pk=tile.pk).update(hashes=bytes(32) + bytes(tile.hashes)[32:])
    note = TreeHead.objects.get(size=5).checkpoint
    TreeHead.objects.filter(size=5).update(checkpoint=note.replace("\n5\n", "\n6\n"))
    found = faults(verify_log())
    assert found[0] == ("position 0", "the entry's leaf is not the one in the tree")
    of_head = [fault for where, fault in found if where == "tree head 5"]
    assert "is not that of the first 5 entries" in of_head[0]
    assert "does not belong to this text" in of_head[1]


@pytest.fixture
def cosigned(filed: World, settings: Any, tmp_path: Path) -> Cosigner:
    """The head of five entries with a witness's cosignature."""
    witness = Cosigner(name="witness.example/w", seed=bytes(32))
    settings.ANLAN_WITNESSES = str(witness.key)
    note = parse_note(TreeHead.objects.get(size=5).checkpoint)
    line = witness.cosign(note.text, at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    (tmp_path / "back.txt").write_text(str(Note(text=note.text, signatures=(*note.signatures, line))), encoding="utf-8")
    assert main(["witness", "accept", str(tmp_path / "back.txt")]) == 0
    return witness


def test_the_whole_log_is_proven_with_its_cosignatures(cosigned: Cosigner) -> None:
    audit = verify_log()
    assert (audit.outcome, audit.counts["cosignatures"]) == (Outcome.HOLDS, 1)
    forged = TreeHead.objects.get(size=5).checkpoint.split("\n")
    line = forged[-2].split(" ")
    raw = bytearray(base64.b64decode(line[-1]))
    raw[20] ^= 1
    forged[-2] = " ".join([*line[:-1], base64.b64encode(bytes(raw)).decode()])
    TreeHead.objects.filter(size=5).update(checkpoint="\n".join(forged))
    assert faults(verify_log()) == [
        ("tree head 5", "The cosignature of witness.example/w does not belong to this checkpoint and time.")
    ]


def test_receipts_and_packages_carry_the_cosignatures(
    cosigned: Cosigner, filed: World, li_actor: Actor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uid = Entry.objects.filter(register="hazard").get().record_uid
    write(3)
    Sequencer().run(clock=lambda: timezone.now() + dt.timedelta(minutes=1))
    sign_newest()  # a newer head, which nobody cosigned yet
    receipt, package = str(tmp_path / "r.json"), str(tmp_path / "a.zip")
    main(["receipt", str(uid), "--out", receipt])
    main(["archive", package, "--institution", "A", "--register", "key_place"])
    for file in (receipt, package):
        capsys.readouterr()
        assert main(["verify", file, "--witness", str(cosigned.key)]) == 0
        assert "witness witness.example/w cosigned at Unix time [1772323200]" in capsys.readouterr().out
        other = str(Cosigner(name="witness.example/w", seed=bytes(31) + b"x").key)
        assert main(["verify", file, "--witness", other]) == 2


def test_the_progress_is_told(filed: World) -> None:
    told: list[tuple[int, int]] = []
    verify_register("key_place", progress=lambda done, total: told.append((done, total)))
    assert told == [(4, 4)]
    verify_log(progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (5, 5)


def test_the_command_verifies_registers_and_the_log(filed: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--register", "key_place", "--institution", "A"]) == 0
    assert "Proven: 3 records, 3 entries." in capsys.readouterr().out
    assert main(["verify", "--log"]) == 0
    assert "Proven: 1 signatures, 5 entries, 1 heads." in capsys.readouterr().out
    Entry.objects.filter(register="hazard").update(content="{}")
    assert main(["verify", "--log", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    plain = "content lies unencrypted: somebody without the keys wrote it"
    said = [one["what"] for one in told["faults"]]
    assert (told["outcome"], said) == ("fails", [plain, "content does not match its hash"])
    assert main(["verify"]) == 1
    assert main(["verify", "x", "--log"]) == 1
    assert capsys.readouterr().err.count("Name one thing to verify") == 2


def test_a_record_whose_row_was_falsified_is_not_proven(filed: World, capsys: pytest.CaptureFixture[str]) -> None:
    """`anlan verify RECORD` said "Proven" while the row said something else than its entries."""
    from anlan_cn.models import KeyPlace

    with as_system("test"):
        place = KeyPlace.objects.get(name="药房0")
    assert main(["verify", str(place.uid)]) == 0
    assert "✓ row: every column, time, party and file is what follows from the 1 entries" in capsys.readouterr().out
    with as_system("somebody with the database's password"):
        KeyPlace.objects.filter(pk=place.pk).update(name="药房九")
    for asked in ([str(place.uid)], ["--register", "key_place"], ["--register", "key_place", "--institution", "A"]):
        assert main(["verify", *asked]) == 2, asked
        assert "the row says something else on name than its entries" in (said := capsys.readouterr().out)
        assert "药房九" not in said  # named by column, never by value
    with as_system("somebody with the database's password"):
        KeyPlace.objects.filter(pk=place.pk).delete()
    for asked in ([str(place.uid)], ["--register", "key_place"]):
        assert main(["verify", *asked]) == 2, asked
        assert "the row is gone, and no entry says why" in capsys.readouterr().out


def test_a_record_whose_times_or_parties_were_falsified_is_not_proven(
    filed: World, li_actor: Actor, wang: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """No entry tells these columns; points rest on whether a record is late, and who reads a case on its parties."""
    from anlan.org.parties import Party
    from anlan_cn.models import Hazard

    with as_system("somebody with the database's password"):
        hazard = Hazard.objects.get()
        Hazard.objects.update(is_late=True)
    for asked in ([str(hazard.uid)], ["--register", "hazard"]):
        assert main(["verify", *asked]) == 2, asked
        assert "is_late does not follow from the dates" in capsys.readouterr().out
    with as_system("somebody with the database's password"):
        Hazard.objects.update(is_late=False)
        Party.objects.create(
            record_uid=hazard.uid, register="hazard", institution_id=filed.hospital_a.pk, person=wang, capacity="handler",
            starts_on=hazard.occurred_on,
        )  # fmt: skip
    for asked in ([str(hazard.uid)], ["--register", "hazard"]):
        assert main(["verify", *asked]) == 2, asked
        assert "the row says something else on parties than its entries" in capsys.readouterr().out


def test_a_row_without_entries_is_named_when_its_register_is_verified(
    filed: World, capsys: pytest.CaptureFixture[str]
) -> None:
    from anlan_cn.models import KeyPlace

    with as_system("somebody with the database's password"):
        place = KeyPlace.objects.get(name="药房0")
        place.pk, place.uid, place.number = None, uuid.uuid4(), "KP-9"
        place.save(force_insert=True)
    assert main(["verify", "--register", "key_place"]) == 2
    assert f"key_place KP-9 ({place.uid}): the row has no entries" in capsys.readouterr().out


def test_a_record_whose_evidence_was_exchanged_is_not_proven(
    filed: World, li_actor: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    from anlan.flow.evidence import store
    from anlan.flow.models import Evidence
    from anlan.flow.perform import perform
    from anlan.org.scope import acting
    from anlan_cn.models import KeyPlace
    from tests.papers import pdf

    with acting(li_actor):
        place, file = KeyPlace.objects.get(name="药房0"), store("a.pdf", [pdf("1")])
        perform(place, "attach", by=li_actor, evidence=[file], at=timezone.now())
    Leader.objects.update(holder=None, until=None)
    Sequencer().run()
    sign_newest()
    assert main(["verify", str(place.uid)]) == 0
    Evidence.objects.filter(record_uid=place.uid).update(name="b.pdf")
    assert main(["verify", str(place.uid)]) == 2
    assert "✗ row: its files are not those that the entry names (evidence of version 2)" in capsys.readouterr().out


def test_a_content_that_was_nulled_by_sql_fails_every_verification(
    filed: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = Entry.objects.get(register="hazard")
    Entry.objects.filter(pk=entry.pk).update(content=None, salt=None)
    main(["archive", str(tmp_path / "a.zip"), "--institution", "A"])
    capsys.readouterr()
    for asked in ([str(entry.record_uid)], ["--register", "hazard"], ["--log"]):
        assert main(["verify", *asked]) == 2, asked
        assert "its content is gone, and no erasure of the record is in the log" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "a.zip")]) == 2
    said = "its content is gone and no later entry `erase` of the record says why"
    assert f"entries/hazard.jsonl:1 {entry.record_uid.hex} v1 report" in (told := capsys.readouterr().out)
    assert said in told
    assert main(["check"]) == 2
    assert f"ledger entry {entry.pk}" in "".join(capsys.readouterr())


@pytest.fixture
def receipt(filed: World, tmp_path: Path) -> Path:
    uid = Entry.objects.filter(register="hazard").get().record_uid
    assert main(["receipt", str(uid), "--out", str(tmp_path / "r.json")]) == 0
    return tmp_path / "r.json"


def test_the_command_verifies_a_receipt_and_asks_the_log(receipt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(receipt)]) == 0
    assert "PROVEN: it is what the log signed." in capsys.readouterr().out
    Position.objects.all().delete()
    Unsequenced.objects.all().delete()
    Entry.objects.filter(register="hazard").delete()
    assert main(["verify", str(receipt), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"], told["log"]) == ("differs", "The log promised to hold this, and does not hold it.")


def test_the_command_verifies_a_package_and_asks_the_log(
    filed: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.zip"
    main(["archive", str(out), "--institution", "A"])
    assert main(["verify", str(out)]) == 0
    assert "4 records, 4 entries, 0 evidence files were verified" in capsys.readouterr().out
    files = opened(out.read_bytes())
    forged = files | {"entries/hazard.jsonl": files["entries/hazard.jsonl"].replace("杂物".encode(), "货物".encode())}
    (tmp_path / "b.zip").write_bytes(packed(mended(forged, signer=own_signer())))
    assert main(["verify", str(tmp_path / "b.zip"), "--json"]) == 2
    [fault] = [one for one in json.loads(capsys.readouterr().out)["findings"] if one["level"] == "differs"]
    assert fault["where"].startswith("entries/hazard.jsonl:1 ")
    assert fault["id"] == "content"
    Tile.objects.all().delete()
    assert main(["verify", str(out)]) == 2
    assert "The log was rewritten" in capsys.readouterr().out


def test_a_file_of_another_log_is_verified_with_the_key_that_is_given(
    receipt: Path, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = str(own_signer().verifier)
    settings.ANLAN_KEYS_FOLDER = str(tmp_path / "elsewhere")
    assert main(["verify", str(receipt)]) == 1
    assert "the key is the file's own and may be forged with it" in capsys.readouterr().out
    assert main(["verify", str(receipt), "--key", key]) == 0
    (tmp_path / "log.pub").write_text(f"{key}\n", encoding="ascii")
    assert main(["verify", str(receipt), "--key", str(tmp_path / "log.pub")]) == 0
    assert main(["verify", str(receipt), "--key", "a+b+c"]) == 1
    assert "The key cannot be used" in capsys.readouterr().err


def test_a_file_that_says_nothing_known_is_refused(
    tmp_path: Path, db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("hello", "[]", '{"format": "other/1"}'):
        (tmp_path / "f").write_text(text, encoding="utf-8")
        assert main(["verify", str(tmp_path / "f")]) == 1
    assert capsys.readouterr().err.count("is neither a receipt, nor an archive package, nor a sealed score") == 3
