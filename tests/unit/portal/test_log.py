"""The log over HTTP: checkpoint and tiles for everyone as C2SP tlog-tiles says, bundles of entries for auditors alone."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from anlan.ledger.checkpoint import parse_checkpoint
from anlan.ledger.entry import leaf_hash
from anlan.ledger.models import Entry, Tile, TreeHead
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import own_signer, sign_newest
from anlan.ledger.tiles import Tiles
from anlan.ledger.tree import inclusion, verify_inclusion
from anlan.org.models import Person
from tests.unit.ledger.log import write
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]
CODE = "E04"  # the unit that the entries of tests.unit.ledger.log name


@pytest.fixture
def entries(settings: Any, tmp_path: Path) -> list[Entry]:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path)
    written = write(600)
    Sequencer().run(batch=250)
    sign_newest()
    return written


def test_the_newest_signed_checkpoint_is_plain_text_and_fresh_for_seconds(entries: list[Entry], client: Client) -> None:
    answer = client.get("/log/checkpoint")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer["Cache-Control"] == "public, max-age=2"
    assert own_signer().verifier.open_checkpoint(answer.content.decode()).size == 600
    write(1)
    Sequencer().run(clock=lambda: dt.datetime(2040, 1, 1, tzinfo=dt.UTC))
    assert client.get("/log/checkpoint").content == answer.content  # the newer head is not signed yet


def test_without_a_checkpoint_there_is_none(client: Client, db: None) -> None:
    assert client.get("/log/checkpoint").status_code == 404


def test_tiles_are_octets_for_good(entries: list[Entry], client: Client) -> None:
    answer = client.get("/log/tile/0/001")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/octet-stream")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content == b"".join(bytes(entry.leaf) for entry in entries[256:512])


@pytest.mark.parametrize(
    ("path", "count"),
    [("0/000", 256), ("0/001", 256), ("0/002.p/88", 88), ("0/002.p/1", 1), ("0/000.p/9", 9), ("1/000.p/2", 2), ("1/000.p/1", 1)],
)  # fmt: skip
def test_full_and_partial_tiles_hold_as_many_hashes_as_they_say(
    entries: list[Entry], client: Client, path: str, count: int
) -> None:
    assert len(client.get(f"/log/tile/{path}").content) == count * 32


@pytest.mark.parametrize(
    "path",
    ["0/002", "0/002.p/89", "0/003", "0/003.p/1", "1/000", "1/000.p/3", "2/000.p/1", "0/2", "0/2.p/1", "63/000", "x", "0/x000/000"],
)  # fmt: skip
def test_a_tile_that_is_not_there_is_not_found(entries: list[Entry], client: Client, path: str) -> None:
    assert client.get(f"/log/tile/{path}").status_code == 404


def test_only_reading_is_allowed(entries: list[Entry], client: Client) -> None:
    assert [client.post(path).status_code for path in ("/log/checkpoint", "/log/tile/0/000")] == [405, 405]
    assert client.head("/log/tile/0/000").status_code == 200


def test_a_stranger_proves_an_entry_from_what_is_served_alone(entries: list[Entry], client: Client) -> None:
    """The whole way of a client: checkpoint, the tiles that the size asks for, a proof, a header that he was given."""
    checkpoint = parse_checkpoint(client.get("/log/checkpoint").content.decode().partition("\n\n")[0] + "\n")

    def fetch(level: int, index: int) -> bytes:
        width = min(256, (checkpoint.size >> 8 * level) - index * 256)
        part = "" if width == 256 else f".p/{width}"
        answer = client.get(f"/log/tile/{level}/{index:03d}{part}")
        assert answer.status_code == 200
        return bytes(answer.content)

    proof = inclusion(Tiles(fetch), 411, checkpoint.size)
    leaf = leaf_hash(entries[411].header.encode())
    assert verify_inclusion(leaf, index=411, size=600, proof=proof, root=checkpoint.root)


# ── entry bundles ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def of_a(world: World, entries: list[Entry]) -> None:
    """The entries are of hospital A; the code stands in their headers."""
    world.hospital_a.unit.code = CODE
    world.hospital_a.unit.save()


def unbundled(content: bytes) -> list[bytes]:
    headers = []
    while content:
        length = int.from_bytes(content[:2], "big")
        headers.append(content[2 : 2 + length])
        content = content[2 + length :]
    return headers


def test_an_auditor_reads_headers_that_hash_to_the_tile(
    of_a: None, entries: list[Entry], shen: Person, client_as: Callable[..., Client]
) -> None:
    client = client_as(shen)
    answer = client.get("/log/tile/entries/002.p/88")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/octet-stream")
    assert answer["Cache-Control"] == "no-store"  # headers name people
    headers = unbundled(answer.content)
    assert headers == [entry.header.encode() for entry in entries[512:]]
    assert b"".join(leaf_hash(header) for header in headers) == client.get("/log/tile/0/002.p/88").content
    assert "第 550 条".encode() not in answer.content  # headers, never content
    assert client.get("/log/tile/entries/002").status_code == 404


@pytest.mark.parametrize("who", ["li", "chen", "guan", "bai"])
def test_to_anybody_else_there_are_no_bundles(
    of_a: None, who: str, request: pytest.FixtureRequest, client_as: Callable[..., Client]
) -> None:
    assert client_as(request.getfixturevalue(who)).get("/log/tile/entries/000").status_code == 404


def test_a_stranger_finds_no_bundle(of_a: None, client: Client) -> None:
    assert client.get("/log/tile/entries/000").status_code == 404


def test_an_auditor_of_another_district_finds_no_bundle(
    of_a: None, world: World, shen: Person, client_as: Callable[..., Client]
) -> None:
    world.hospital_a.unit.code = "A"
    world.hospital_a.unit.save()
    world.hospital_c.unit.code = CODE
    world.hospital_c.unit.save()
    assert client_as(shen).get("/log/tile/entries/000").status_code == 404


def test_a_bundle_with_a_unit_that_nobody_knows_is_hidden(
    entries: list[Entry], shen: Person, client_as: Callable[..., Client]
) -> None:
    assert client_as(shen).get("/log/tile/entries/000").status_code == 404


def test_the_tables_of_the_tree_are_what_is_served(entries: list[Entry], client: Client) -> None:
    for tile in Tile.objects.all():
        width = len(tile.hashes) // 32
        part = "" if width == 256 else f".p/{width}"
        assert client.get(f"/log/tile/{tile.level}/{tile.index:03d}{part}").content == bytes(tile.hashes)
    assert TreeHead.objects.count() == 3
