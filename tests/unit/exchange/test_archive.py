"""Archive packages: they prove themselves far from here, and every tampering is found and located."""

import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from anlan.exchange.archive.contents import Wanted
from anlan.exchange.archive.write import write_archive
from anlan.exchange.errors import NotReady
from anlan.flow.erasure import approve, request_erasure
from anlan.flow.evidence import path_of, store
from anlan.flow.perform import perform
from anlan.flow.spec import all_registers, find_register
from anlan.ledger.append import append
from anlan.ledger.erased import is_approved
from anlan.ledger.models import Entry
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import Signer, own_signer, sign_newest
from anlan.ledger.standalone import anlan_verify as alone
from anlan.org.access import Access
from anlan.org.errors import NotAllowed
from anlan.org.scope import Actor, acting, as_system
from anlan_cn.models import KeyPlace
from config.command import main
from tests.papers import pdf, picture
from tests.records import list_place, report_hazard
from tests.unit.exchange.packages import findings, lines, mended, opened, packed, with_lines
from tests.unit.ledger.log import erasure
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]
PDF, PNG = pdf("floor plan"), picture()
PLACES = "entries/key_place.jsonl"


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> None:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path)
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path / "evidence")


@pytest.fixture
def filed(world: World, li_actor: Actor) -> World:
    """Three places and a hazard of hospital A, one place corrected with two files; a place of hospital B between them."""
    places = [list_place(world.hospital_a, by=li_actor, name=f"药房{number}") for number in range(3)]
    with as_system("test") as system:
        list_place(world.hospital_b, by=system, name="他院药房")
    report_hazard(world.hospital_a, by=li_actor)
    with acting(li_actor):
        files = [store("平面图.pdf", [PDF]), store("现场.png", [PNG])]
        perform(places[1], "correct", by=li_actor, reason="名称有误", evidence=files, name="中心药房")
        perform(places[1], "correct", by=li_actor, reason="位置有误", location="二层")
    Sequencer().run()
    sign_newest()
    return world


@pytest.fixture
def make(filed: World, tmp_path: Path) -> Callable[..., bytes]:
    """Write a package of hospital A and return its bytes."""

    def write(by: Actor, *, year: int | None = None, evidence: bool = True, register: str = "") -> bytes:
        registers = (find_register(register),) if register else all_registers()
        wanted = Wanted(institution=filed.hospital_a, registers=registers, year=year, evidence=evidence)
        write_archive(wanted, tmp_path / "out.zip", by=by)
        return (tmp_path / "out.zip").read_bytes()

    return write


@pytest.fixture
def package(make: Callable[..., bytes], li_actor: Actor) -> bytes:
    return make(li_actor)


def key() -> str:
    return str(own_signer().verifier)


def outcome(package: bytes) -> int:
    return findings(package, key())[0]


# ── what a package holds ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_package_proves_itself(package: bytes) -> None:
    assert findings(package, key()) == (0, [])
    files = opened(package)
    assert [name for name in files if not name.startswith("evidence/")] == [
        "README.txt",
        "anlan_verify.py",
        "checkpoint.txt",
        "log.pub",
        "registers.json",
        "entries/hazard.jsonl",
        "entries/key_place.jsonl",
        "records.json",
        "evidence.json",
        "manifest.json",
        "manifest.sig",
    ]
    manifest = json.loads(files["manifest.json"])
    assert manifest["contents"] == {
        "records": 4,
        "entries": 6,
        "withheld": 0,
        "erased": 0,
        "waiting": 0,
        "evidence": 2,
    }
    assert manifest["reader"] == ["office"]
    assert "他院药房".encode() not in package
    assert [(one["number"], one["versions"]) for one in json.loads(files["records.json"])][-3:] == [
        ("KP-2025-0001", 1),
        ("KP-2025-0002", 3),
        ("KP-2025-0003", 1),
    ]
    table = {one["code"]: one for one in json.loads(files["registers.json"])}
    assert table["hazard"]["name"] == {"zh": "隐患", "en": "Hazard"}


def test_the_verifier_inside_runs_alone_and_needs_no_server(package: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(package)
    (tmp_path / "v.py").write_bytes(opened(package)["anlan_verify.py"])
    command = [sys.executable, "-I", "v.py", "p.zip", "--key", key()]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "4 records, 6 entries, 2 evidence files were verified" in ended.stdout
    assert "核验通过" in ended.stdout


def test_the_same_records_give_the_same_bytes(make: Callable[..., bytes], li_actor: Actor) -> None:
    assert make(li_actor) == make(li_actor)


def test_a_package_may_hold_one_register_of_one_year_without_files(make: Callable[..., bytes], li_actor: Actor) -> None:
    package = make(li_actor, year=2025, register="hazard", evidence=False)
    assert [name for name in opened(package) if name.startswith(("entries/", "evidence/"))] == ["entries/hazard.jsonl"]
    assert outcome(package) == 0
    assert outcome(make(li_actor, year=2024, register="hazard")) == 0


def test_what_waits_for_the_tree_makes_it_incomplete(make: Callable[..., bytes], filed: World, li_actor: Actor) -> None:
    list_place(filed.hospital_a, by=li_actor, name="刚刚登记")
    assert findings(make(li_actor), key()) == (1, [])


def test_a_lawfully_erased_record_goes_along_with_the_entry_that_says_so(
    make: Callable[..., bytes], filed: World, li_actor: Actor, wang_actor: Actor, chen_actor: Actor
) -> None:
    place = erased_place(filed, li_actor, wang_actor, chen_actor)
    for package in (make(li_actor), make(li_actor, year=2020)):
        assert findings(package, key()) == (0, [])
        assert "旧址".encode() not in package
        rows = [row for row in lines(opened(package), PLACES) if place.uid.hex in row["header"]]
        assert [(json.loads(row["header"])["step"], row["state"]) for row in rows] == [
            ("list_place", "erased"), ("annul", "erased"), ("erase", "whole"),
        ]  # fmt: skip
        assert (place.uid.hex, place.number, 3) in [
            (one["record"], one["number"], one["versions"]) for one in json.loads(opened(package)["records.json"])
        ]
    assert place.uid.hex.encode() not in make(li_actor, year=2019)


def erased_place(world: World, asks: Actor, *approve_it: Actor) -> KeyPlace:
    """List a place long ago, annul it and erase it lawfully."""
    long_ago = dt.datetime(2020, 3, 10, 4, 0, tzinfo=dt.UTC)
    place = list_place(world.hospital_a, by=asks, at=long_ago, occurred_on=dt.date(2020, 3, 9), name="旧址")
    with acting(asks):
        perform(place, "annul", by=asks, at=long_ago, reason="误登")
    request = request_erasure(place, by=asks, ground="pipl-47-purpose", reason="误录他人信息")
    for person in approve_it:
        approve(request, by=person)
    Sequencer().run(clock=lambda: timezone.now() + dt.timedelta(minutes=1))
    sign_newest()
    return place


def test_a_content_that_was_nulled_by_sql_is_no_erasure(make: Callable[..., bytes], li_actor: Actor) -> None:
    entry = Entry.objects.get(register="hazard")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_entry SET content = NULL, salt = NULL WHERE id = %s", [entry.pk])
    place = f"entries/hazard.jsonl:1 {entry.record_uid.hex} v1 report"
    assert findings(make(li_actor), key()) == (2, [(place, "unvouched")])


def test_a_content_that_went_after_the_erasure_of_its_record_is_named(
    make: Callable[..., bytes], filed: World, li_actor: Actor, wang_actor: Actor, chen_actor: Actor
) -> None:
    place = erased_place(filed, li_actor, wang_actor, chen_actor)
    Entry.objects.filter(record_uid=place.uid, step="erase").update(content=None, salt=None)
    level, found = findings(make(li_actor), key())
    assert (level, [(where.split(" ", 1)[1], id) for where, id in found]) == (
        2, [(f"{place.uid.hex} v3 erase", "unvouched")],
    )  # fmt: skip


def test_an_erasure_that_one_person_approved_is_named(
    make: Callable[..., bytes], filed: World, li_actor: Actor, wang_actor: Actor, chen_actor: Actor
) -> None:
    place = erased_place(filed, li_actor, wang_actor, chen_actor)
    one = erasure(4, place.uid, approved_by=[8])
    append(filed.hospital_a.pk, replace(one, institution_code="A", register="key_place"))
    level, found = findings(make(li_actor), key())
    assert (level, [(where.split(" ", 1)[1], id) for where, id in found]) == (
        2, [(f"{place.uid.hex} v4 erase", "unapproved")],
    )  # fmt: skip


def test_columns_that_the_reader_may_not_read_stay_away_with_their_contents(
    make: Callable[..., bytes], filed: World, li_actor: Actor, shen_actor: Actor
) -> None:
    spec = find_register("key_post")
    with as_system("test") as system:
        holder = spec.model(institution=filed.hospital_a)
        perform(holder, spec.first, by=system, occurred_on="2025-02-01", kind="pharmacy", holder_name="张三丰")
    Sequencer().run(clock=lambda: timezone.now() + dt.timedelta(minutes=1))  # the first one's lease is over by then
    sign_newest()
    package = make(shen_actor)
    assert "张三丰".encode() not in package
    assert json.loads(opened(package)["manifest.json"])["withheld"]["key_post"] == ["holder_name"]
    assert json.loads(opened(package)["manifest.json"])["contents"]["withheld"] == 1
    assert json.loads(opened(package)["manifest.json"])["contents"]["waiting"] == 0
    assert findings(package, key()) == (1, [])
    with as_system("test") as system:
        assert findings(make(system), key()) == (0, [])


def test_who_keeps_or_audits_no_registers_takes_none(
    make: Callable[..., bytes], qian_actor: Actor, zhao_actor: Actor, shen_actor: Actor
) -> None:
    for stranger in (qian_actor, zhao_actor):
        with pytest.raises(NotAllowed):
            make(stranger)
    assert outcome(make(shen_actor, register="key_place")) == 0


def test_who_took_a_package_is_noted(make: Callable[..., bytes], li_actor: Actor) -> None:
    make(li_actor, year=2025, register="key_place")
    note = Access.objects.get(kind=Access.Kind.EXPORT)
    assert (note.what, note.register, note.count) == ("archive package, 2025, with evidence", "key_place", 3)


def test_before_the_first_checkpoint_there_is_no_package(world: World, li_actor: Actor, tmp_path: Path) -> None:
    wanted = Wanted(institution=world.hospital_a, registers=all_registers())
    with pytest.raises(NotReady, match="There is no signed checkpoint yet"):
        write_archive(wanted, tmp_path / "out.zip", by=li_actor)
    assert list(tmp_path.glob("*out.zip*")) == []


def test_a_tree_of_sm3_is_verified_too(world: World, li_actor: Actor, settings: Any, tmp_path: Path) -> None:
    settings.ANLAN_TREE_HASH = "sm3"
    list_place(world.hospital_a, by=li_actor)
    Sequencer().run()
    sign_newest()
    wanted = Wanted(institution=world.hospital_a, registers=all_registers())
    write_archive(wanted, tmp_path / "out.zip", by=li_actor)
    assert findings((tmp_path / "out.zip").read_bytes(), key()) == (0, [])
    connection.__dict__.pop("_anlan_tree_hash", None)


def test_the_command_writes_a_package_that_verifies(
    filed: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.zip"
    assert main(["archive", str(out), "--institution", "A", "--year", "2025", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["records"], told["entries"], told["evidence"]) == (4, 6, 0)
    assert outcome(out.read_bytes()) == 0
    assert main(["archive", str(out), "--institution", "Z"]) == 1


# ── tampering: found and located ────────────────────────────────────────────────────────────────────────────────────


def test_any_flipped_bit_is_found(package: bytes) -> None:
    verifier, reference = key(), package

    @given(st.integers(0, len(reference) - 1), st.integers(0, 7))
    def flip(at: int, bit: int) -> None:
        forged = bytearray(reference)
        forged[at] ^= 1 << bit
        level, found = findings(bytes(forged), verifier)
        assert level == 2
        assert found, f"byte {at}"

    flip()


def test_cutting_or_adding_bytes_is_found(package: bytes) -> None:
    for forged in (package[:-1], package[: len(package) // 2], package + b"x", b"x" + package, b""):
        assert outcome(forged) == 2


def test_evidence_that_no_entry_names_and_numbers_that_none_tells_are_found_also_under_the_logs_signature(
    package: bytes,
) -> None:
    """The log's operator, who holds the key: a file slipped in, and records numbered anew so that no gap shows."""
    files, signer = opened(package), own_signer()
    more = files | {f"evidence/{hashlib.sha256(b'x').hexdigest()}": b"x"}
    level, found = findings(packed(mended(more, signer=signer)), key())
    assert (level, found) == (2, [(f"evidence/{hashlib.sha256(b'x').hexdigest()}", "evidence-foreign")])
    records = json.loads(files["records.json"])
    place = next(one for one in records if one["register"] == "key_place")
    for change in ({"number": "KP-2025-0099"}, {"register": "hazard"}):
        told = [one | change if one is place else one for one in records]
        forged = files | {"records.json": json.dumps(told).encode()}
        level, found = findings(packed(mended(forged, signer=signer)), key())
        assert (level, [id for _, id in found]) == (2, ["foreign"]), change


@pytest.mark.parametrize("people", ["ab", {"1": 1, "2": 2}, [1, "1"], [True, 2], [1.5, 2], [[1], [2]], None])
def test_approvals_are_a_list_of_people(people: Any, filed: World, make: Callable[..., bytes], li_actor: Actor) -> None:
    uid = Entry.objects.filter(register="key_place", institution_id=filed.hospital_a.pk).first().record_uid
    version = Entry.objects.filter(record_uid=uid).count() + 1
    one = erasure(version, uid, approved_by=people)
    append(filed.hospital_a.pk, replace(one, institution_code="A", register="key_place"))
    Sequencer().run(clock=lambda: timezone.now() + dt.timedelta(minutes=1))
    sign_newest()
    assert not is_approved(Entry.objects.get(record_uid=uid, version=version).content)
    level, found = findings(make(li_actor), key())
    assert level == 2
    assert {id for _, id in found} <= {"form", "unapproved"}


def test_a_withheld_entry_tells_no_name_of_its_files(
    make: Callable[..., bytes], filed: World, li_actor: Actor, shen_actor: Actor
) -> None:
    """Another entry names the same bytes, so the name of the withheld one's file went along."""
    spec = find_register("key_post")
    with as_system("test") as system:
        holder = spec.model(institution=filed.hospital_a)
        file = replace(store("平面图.pdf", [PDF]), name="张三丰.pdf")
        values = {"occurred_on": "2025-02-01", "kind": "pharmacy", "holder_name": "张三丰"}
        perform(holder, spec.first, by=system, evidence=[file], **values)
        other = spec.model(institution=filed.hospital_a)
        perform(other, spec.first, by=system, **values | {"holder_name": "李四光"})
        perform(other, "attach", by=system, evidence=[store("平面图.pdf", [PDF])])
    Sequencer().run(clock=lambda: timezone.now() + dt.timedelta(minutes=1))
    sign_newest()
    package = make(shen_actor)
    assert "张三丰".encode() not in package
    assert findings(package, key()) == (1, [])


def _forgeries(files: dict[str, bytes]) -> dict[str, tuple[dict[str, bytes], tuple[str, str]]]:
    """What a forger does to the entries of a package, and where that must be found: (files, (where, id))."""
    rows = lines(files, PLACES)
    uid = [json.loads(row["header"])["record"] for row in rows]
    corrected = f"{PLACES}:4 {uid[3]} v2 correct"
    numbers = {one["record"]: one["number"] for one in json.loads(files["records.json"])}

    def changed(at: int, **values: Any) -> dict[str, bytes]:
        return with_lines(files, PLACES, [row | values if n == at else row for n, row in enumerate(rows)])

    other = rows[3]["header"].replace("2025-01-06", "2025-01-05")
    leaf = hashlib.sha256(b"\x00" + other.encode()).hexdigest()
    pictures = sorted(name for name in files if name.startswith("evidence/"))
    swapped = dict(zip(pictures, (files[pictures[1]], files[pictures[0]]), strict=True))
    return {
        "content": (changed(3, content='{"name":"别处"}'), (corrected, "content")),
        "salt": (changed(3, salt="00" * 16), (corrected, "content")),
        "header": (changed(3, header=other), (corrected, "leaf")),
        "header and leaf": (changed(3, header=other, leaf=leaf), (corrected, "path")),
        "leaf": (changed(3, leaf="00" * 32), (corrected, "leaf")),
        "path": (changed(3, path=["00" * 32, *rows[3]["path"][1:]]), (corrected, "path")),
        "position": (changed(3, position=rows[3]["position"] + 1), (corrected, "path")),
        "withheld": (
            {k: v for k, v in changed(3, content=None, salt=None, state="withheld").items() if k not in pictures},
            ("", ""),  # a forger may leave a content out; the verdict says how many are
        ),
        "emptied": (changed(3, content=None, salt=None, state="erased"), (corrected, "unvouched")),
        "deleted": (
            with_lines(files, PLACES, rows[:3] + rows[4:]),
            (f"records.json key_place {numbers[uid[3]]}", "versions"),
        ),
        "last version deleted": (
            with_lines(files, PLACES, rows[:4]),
            (f"records.json key_place {numbers[uid[3]]}", "versions"),
        ),
        "record deleted": (
            with_lines(files, PLACES, rows[1:]),
            (f"records.json key_place {numbers[uid[0]]}", "versions"),
        ),
        "repeated": (with_lines(files, PLACES, [*rows, rows[-1]]), (f"{PLACES}:6 {uid[4]} v3 correct", "order")),
        "reordered": (
            with_lines(files, PLACES, [rows[1], rows[0], *rows[2:]]),
            (f"{PLACES}:2 {uid[0]} v1 list_place", "order"),
        ),
        "moved": (
            with_lines(files, "entries/hazard.jsonl", [rows[0], *lines(files, "entries/hazard.jsonl")]),
            (f"entries/hazard.jsonl:1 {uid[0]} v1 list_place", "foreign"),
        ),
        "evidence swapped": (files | swapped, (pictures[0], "evidence")),
        "evidence deleted": ({k: v for k, v in files.items() if k != pictures[0]}, (corrected, "evidence-gone")),
    }


@pytest.mark.parametrize("has_key", [False, True], ids=["without the key", "with the key"])
def test_every_forgery_is_found_and_located(package: bytes, has_key: bool) -> None:
    """The forger mends every hash of the manifest; with the log's key they sign it anew. The entries tell all the same."""
    signer = own_signer() if has_key else None
    for name, (files, expected) in _forgeries(opened(package)).items():
        level, found = findings(packed(mended(files, signer=signer)), key())
        if name == "withheld":
            assert (level, found) == ((1, []) if has_key else (2, [("manifest.json", "file")]))
            continue
        assert level == 2, name
        assert expected in found, (name, found)
        assert has_key or ("manifest.json", "file") in found


def test_files_around_the_entries_are_held_by_the_manifest(package: bytes) -> None:
    files = opened(package)
    for name in ("README.txt", "registers.json", "records.json", "log.pub", "anlan_verify.py", "evidence.json"):
        assert (name, "file") in findings(packed(files | {name: files[name] + b" "}), key())[1]
        gone = {other: content for other, content in files.items() if other != name}
        assert (name, "file-gone") in findings(packed(gone), key())[1] or name == "records.json"
    assert ("more.txt", "file-extra") in findings(packed(files | {"more.txt": b"x"}), key())[1]


def test_a_package_signed_by_another_key_is_told_apart(package: bytes) -> None:
    other = Signer(name=own_signer().name, seed=bytes(32))
    files = opened(package)
    manifest = json.loads(files["manifest.json"])
    manifest["log"]["key"] = str(other.verifier)
    files["manifest.json"] = json.dumps(manifest).encode()
    level, found = findings(packed(mended(files, signer=other)), key())
    assert level == 2
    assert ("manifest.json", "key-other") in found


def test_without_a_key_nothing_is_proven_but_that_the_package_fits_itself(package: bytes) -> None:
    found = alone.Package()
    found.verify(io.BytesIO(package))
    assert found.outcome == 1  # whoever forges a package can forge the key with it
    assert [(level, id) for level, _, id, *_ in found.findings if level] == [(1, "key-inside")]
    assert "give --key" in found.findings[0][4]


def test_a_content_that_was_spoilt_in_the_database_is_named_by_the_verifier(
    make: Callable[..., bytes], li_actor: Actor
) -> None:
    entry = Entry.objects.get(register="hazard")
    for spoilt in ("no JSON", "[]", '{"description":"没有"}'):
        Entry.objects.filter(pk=entry.pk).update(content=spoilt)
        level, found = findings(make(li_actor), key())
        assert level == 2
        assert f"entries/hazard.jsonl:1 {entry.record_uid.hex} v1 report" in [place for place, _ in found]


def test_a_file_that_is_gone_from_the_server_is_named(make: Callable[..., bytes], li_actor: Actor) -> None:
    path_of(hashlib.sha256(PDF).hexdigest()).unlink()
    level, found = findings(make(li_actor), key())
    assert (level, [id for _, id in found]) == (2, ["evidence-gone"])
