"""Receipts, checkpoints, offers, packages and seals mutated at random: none is accepted that means something else than the genuine one.

Accepted is what the verifier calls proven under a key that the reader was given. Left out, and counted, is a mutation whose meaning is that
of a genuine document. Meaning is everything that the file says but this, by rule:
- white space, the order of names and escapes in the JSON of a receipt;
- signature lines of keys that nobody was asked about, and a line that stands twice;
- in an offer all but the two sizes, the path and the newer root: the reader compares these with what is signed elsewhere.
"""

import datetime as dt
import json
import os
import random
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from anlan.assessment.models import Seal
from anlan.assessment.seal_export import package_of
from anlan.assessment.seal_format import BadSeal, read_package, write_package
from anlan.assessment.seal_records import place_what_waits
from anlan.assessment.seal_verify import verify_score
from anlan.exchange.archive.contents import Wanted
from anlan.exchange.archive.write import write_archive
from anlan.flow.spec import find_register
from anlan.ledger.checkpoint import Note, parse_note
from anlan.ledger.cosignature import Cosigner
from anlan.ledger.models import Entry
from anlan.ledger.receipt import BatchFacts, batch_receipt, entry_receipt
from anlan.ledger.signing import own_signer
from anlan.ledger.standalone import anlan_verify as alone
from anlan.ledger.store import newest_head, stored_consistency
from anlan.org.scope import Actor, as_system
from tests.faults.mutations import dumped, mutate_bytes, mutate_json
from tests.sealing import fill_year, sealed
from tests.unit.exchange.packages import mended, opened, packed
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.faults, pytest.mark.slow]
SEED = int(os.environ.get("ANLAN_MUTATIONS_SEED", "20251201"))
WITNESS = Cosigner(name="witness.example/w", seed=bytes(range(32)))
AT = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
Json = Any
UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,
    ValueError,
    LookupError,
    EOFError,
    OSError,
    RuntimeError,
)  # no container, or a spoilt one


@pytest.fixture(autouse=True)
def _signatures_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain Python takes milliseconds for a signature; the same question gets the same answer."""
    monkeypatch.setattr(alone, "ed25519_holds", lru_cache(maxsize=None)(alone.ed25519_holds))


@pytest.fixture
def seal(world: World, li_actor: Actor, chen_actor: Actor) -> Seal:
    fill_year(world, office=li_actor, reviewer=chen_actor)
    return sealed(world, by=chen_actor)


def signed_lines(note: str) -> tuple[str, frozenset[str]]:
    """What a note means: its text, and the signatures of those whose keys the reader has."""
    text, gap, tail = note.rpartition("\n\n")
    asked = tuple(f"— {name} " for name in (own_signer().name, WITNESS.name))
    return text + gap, frozenset(line for line in tail.split("\n") if line.startswith(asked))


def meant(value: Json) -> Json:
    """What a JSON value means: as it is, types and all, but for the signatures of others in the notes within it."""
    if isinstance(value, dict):
        return ("{", frozenset((name, meant(one)) for name, one in value.items()))
    if isinstance(value, list):
        return ("[", *(meant(one) for one in value))
    if isinstance(value, str) and "\n\n— " in value:
        return signed_lines(value)
    return (type(value).__name__, value)


# ── receipts, kept checkpoints and offers ───────────────────────────────────────────────────────────────────────────


def cosigned(note: str) -> str:
    read = parse_note(note)
    return str(Note(text=read.text, signatures=(*read.signatures, WITNESS.cosign(read.text, at=AT))))


def receipts() -> list[Json]:
    """Genuine receipts: of three entries and of two imports, their checkpoints cosigned."""
    place_what_waits()
    with as_system("receipts"):
        entries = list(Entry.objects.filter(position__isnull=False).order_by("pk")[:24])
        found = [entry_receipt(one, number=f"N-{one.pk}" if at else "", at=AT) for at, one in enumerate(entries[:3])]
        for part in (entries[3:10], entries[12:23:2]):
            found.append(batch_receipt(BatchFacts(id=f"{len(part):032x}", file_sha256="0" * 64, rows=9), part, at=AT))
    for receipt in found:
        receipt["proof"]["checkpoint"] = cosigned(receipt["proof"]["checkpoint"])
    return found


def is_proven(raw: bytes, kept: str = "", offer: str = "") -> bool:
    """What the stand-alone verifier says of a receipt."""
    found = alone.Package(str(own_signer().verifier), (str(WITNESS.key),), kept, offer)
    try:
        found.receipt(alone.load(raw))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):  # as `verify_file` does
        return False
    return found.outcome == alone.PROVEN


def judged(counts: Counter[str], kind: str, *, same: bool, accepts: Callable[[], bool]) -> bool:
    """Count one mutation; tell whether it was accepted though it means something else."""
    if same:
        counts[f"{kind}: means the same"] += 1
        return False
    counts[kind] += 1
    return accepts()


def test_no_mutated_receipt_checkpoint_or_offer_is_accepted(
    seal: Seal, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    dice, counts, accepted, genuine = random.Random(SEED), Counter[str](), [], receipts()
    raws, meanings = [dumped(one) for one in genuine], {meant(one) for one in genuine}
    assert all(is_proven(raw) for raw in raws)
    while counts["receipts"] < times(1_300, 70_000):
        at, other = dice.randrange(len(raws)), dice.randrange(len(raws))
        by_bytes, by_value = (raws[at], raws[other]), (genuine[at], genuine[other])
        raw = mutate_bytes(dice, *by_bytes) if dice.random() < 0.4 else dumped(mutate_json(dice, *by_value))
        try:
            said = alone.load(raw)
        except alone.Bad:
            said = None
        if judged(counts, "receipts", same=meant(said) in meanings, accepts=lambda raw=raw: is_proven(raw)):
            accepted.append(raw)
    accepted += [
        text for text, found in kept_and_offers(dice, counts, raws[0], genuine[0], times(300, 20_000)) if found
    ]
    tell(seed=SEED, accepted=len(accepted), **dict(sorted(counts.items())))
    assert accepted == []


def kept_and_offers(
    dice: random.Random, counts: Counter[str], raw: bytes, receipt: Json, many: int
) -> Iterator[tuple[bytes, bool]]:
    """Mutate the checkpoint that somebody kept and the offer that leads from it."""
    newest = receipt["proof"]["checkpoint"]
    head = newest_head()
    assert head is not None
    old = head.size // 2
    kept = old_checkpoint(old)
    path = "".join(f"{alone.base64.b64encode(one).decode()}\n" for one in stored_consistency(old, head.size))
    offer = f"old {old}\n{path}\n{newest}"
    texts = {"kept checkpoints": kept.encode(), "offers": offer.encode()}
    assert is_proven(raw, kept, offer)
    while counts["kept checkpoints"] + counts["offers"] < many:
        kind = dice.choice(list(texts))
        changed = mutate_bytes(dice, texts[kind], dice.choice(list(texts.values())))
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            counts[kind] += 1  # the command line refuses a file that is no text
            continue
        asked = {"kept checkpoints": (text, offer), "offers": (kept, text)}[kind]
        same = not text or means_of(kind, text) == means_of(kind, texts[kind].decode())
        yield changed, judged(counts, kind, same=same, accepts=lambda asked=asked: is_proven(raw, *asked))


def old_checkpoint(size: int) -> str:
    from anlan.ledger.checkpoint import Checkpoint
    from anlan.ledger.store import stored_tree
    from anlan.ledger.tree import root

    signer = own_signer()
    return str(signer.sign(Checkpoint(origin=signer.name, size=size, root=root(stored_tree(), size)).text()))


def means_of(kind: str, text: str) -> object:
    """What a kept checkpoint or an offer means; an empty text is none at all, and asks for nothing."""
    if kind == "kept checkpoints":
        return signed_lines(text)
    head, _, note = text.partition("\n\n")
    try:
        return head, alone.read_checkpoint(alone.split_note(note)[0])[1:3]
    except alone.Bad:
        return text


# ── packages and seals ──────────────────────────────────────────────────────────────────────────────────────────────


def test_no_mutated_package_is_accepted(
    seal: Seal, world: World, tmp_path: Path, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    dice, counts, accepted = random.Random(SEED), Counter[str](), []
    raws = []
    for code in ("key_place", "security_incident"):
        wanted, file = Wanted(institution=world.hospital_a, registers=(find_register(code),)), tmp_path / f"{code}.zip"
        with as_system("package") as system:
            write_archive(wanted, file, by=system)
        raws.append(file.read_bytes())
    key, meanings = str(own_signer().verifier), {files_meant(raw) for raw in raws}
    file = tmp_path / "mutated.zip"

    def accepts(raw: bytes) -> bool:
        file.write_bytes(raw)
        return alone.verify_file(file, key).outcome == alone.PROVEN

    assert all(map(accepts, raws))
    while counts["packages"] < times(200, 5_000):
        raw = _mutated_package(dice, *dice.sample(raws, 2))
        same = files_meant(raw) in meanings
        if judged(counts, "packages", same=same, accepts=lambda raw=raw: accepts(raw)):
            accepted.append(raw)
    tell(seed=SEED, accepted=len(accepted), **dict(sorted(counts.items())))
    assert accepted == []


def _mutated_package(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    """Mutate the bytes, or a file inside and pack it again, with a manifest that fits or with the one that was signed."""
    if dice.random() < 0.4:
        return mutate_bytes(dice, raw, other)
    files, lent = opened(raw), opened(other)
    name = dice.choice(list(files))
    files[name] = mutate_bytes(dice, files[name] or b"?", lent.get(name) or b"?")
    return packed(mended(files) if name != "manifest.json" and dice.random() < 0.5 else files)


def files_meant(raw: bytes) -> object:
    """What a package means: every byte of every file, and of the manifest's signature the lines of the log."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        if packed(files) != raw:
            return raw
        files["manifest.sig"] = repr(signed_lines(files["manifest.sig"].decode())).encode()
        return frozenset(files.items())
    except UNREADABLE:
        return raw


def test_no_mutated_seal_is_accepted(
    seal: Seal, world: World, chen_actor: Actor, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    dice, counts, accepted = random.Random(SEED), Counter[str](), []
    later = sealed(world, by=chen_actor, reason="再")
    pairs = [(one.document.encode(), write_package(package_of(one))) for one in (seal, later)]
    key, meanings = str(own_signer().verifier), {seal_meant(*pair) for pair in pairs}

    def accepts(score: bytes, package: bytes) -> bool:
        try:
            return str(verify_score(score, read_package(package), key=key).outcome) == "holds"
        except BadSeal:
            return False

    assert all(accepts(*pair) for pair in pairs)
    while counts["seals"] < times(200, 5_000):
        pair = _mutated_seal(dice, *dice.sample(pairs, 2))
        same = seal_meant(*pair) in meanings
        if judged(counts, "seals", same=same, accepts=lambda pair=pair: accepts(*pair)):
            accepted.append(pair)
    tell(seed=SEED, accepted=len(accepted), **dict(sorted(counts.items())))
    assert accepted == []


def _mutated_seal(dice: random.Random, pair: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Mutate bytes of either file, or JSON of a member, also of score.json in both, and write the container as Anlan does."""
    from anlan.kernel.canonical import canonical_bytes
    from tests.unit.assessment.sealzip import members, zipped

    score, package = pair
    way = dice.random()
    if way < 0.15:
        return mutate_bytes(dice, score, other[0]), package
    if way < 0.3:
        return score, mutate_bytes(dice, package, other[1])
    files, lent = members(package), members(other[1])
    name = dice.choice(("score.json", "seal.json", "entries.jsonl", "records.jsonl", "key.pub"))
    if name == "key.pub":
        files[name] = mutate_bytes(dice, files[name], lent[name])
    else:
        lines, theirs = files[name].splitlines(), lent[name].splitlines()
        at = dice.randrange(len(lines))
        changed = mutate_json(dice, json.loads(lines[at]), json.loads(dice.choice(theirs)))
        try:
            lines[at] = canonical_bytes(changed)
        except ValueError:  # beyond what canonical JSON can say
            lines[at] = dumped(changed)
        files[name] = b"\n".join(lines) + (b"\n" if name.endswith("jsonl") else b"")
    return (files["score.json"] if dice.random() < 0.8 else score), zipped(files)


def seal_meant(score: bytes, package: bytes) -> object:
    """What a seal with its package means: every byte, but for the signatures of others under the newer checkpoint."""
    from tests.unit.assessment.sealzip import members, zipped

    try:
        files = members(package)
        if zipped(files) != package:
            return score, package
        files["seal.json"] = repr(meant(json.loads(files["seal.json"]))).encode()
        return score, frozenset(files.items())
    except UNREADABLE:
        return score, package
