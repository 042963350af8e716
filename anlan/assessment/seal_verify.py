"""Verifying a sealed score offline: signature, proofs, hashes, then every figure and point anew. Says which record or rule differs.

Reads only `score.json` and its package. Each step ends as in the verification of a record: holds, waits or fails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from anlan.assessment.seal_document import same_value
from anlan.assessment.seal_format import FIRST_FORMAT, BadSeal, Json, Package, read_object, read_score
from anlan.assessment.seal_list import SALT_BYTES, root_of
from anlan.assessment.seal_recomputed import recomputed
from anlan.assessment.seal_steps import fails, holds, many
from anlan.assessment.seal_work import UNREADABLE, Work, listed_in
from anlan.ledger.checkpoint import BadNote
from anlan.ledger.entry import content_hash, leaf_hash
from anlan.ledger.hashing import bytes_from_hex
from anlan.ledger.signing import BadSignature, VerifierKey
from anlan.ledger.tree import verify_consistency, verify_inclusion
from anlan.ledger.verify import Outcome, Step

_SEAL = {"header", "content", "salt", "position", "checkpoint", "proof", "consistency", "erasures"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The steps of a verification, in order, and what the score says of itself. `withheld` records were left out for the reader."""

    score: Json
    steps: tuple[Step, ...]
    withheld: int = 0

    @property
    def outcome(self) -> Outcome:
        """Fails if one step fails; else waits if one waits."""
        outcomes = {step.outcome for step in self.steps}
        return next((one for one in (Outcome.FAILS, Outcome.WAITS) if one in outcomes), Outcome.HOLDS)


def verify_score(raw: bytes, package: Package, *, key: str = "") -> Verification:
    """Verify a sealed score against its package. `key` is the log's public key that the reader was given, in one line; without it
    the package is held to its own, and the outcome is at best that something waits.

    Raises: BadSeal when score.json cannot be read at all.
    """
    score = read_score(raw)
    steps: list[Step] = []
    try:
        work = Work(score=score, package=package, listed=listed_in(score, package))
        steps += _steps(work, raw, key)
        if not any(step.outcome is Outcome.FAILS for step in steps):
            steps += recomputed(work)
    except UNREADABLE as error:
        raise BadSeal(f"What the score says is not in the form that it was sealed in: {error!r}") from error
    return Verification(score=score, steps=tuple(steps), withheld=work.listed.withheld)


def _steps(work: Work, raw: bytes, key: str) -> Iterator[Step]:
    yield _same_score(raw, work.package)
    signed, signer = _checkpoint(work, key)
    yield signed
    yield from _own_entry(work, raw, signer)
    yield _files(work)
    yield from _list(work)
    try:
        yield from work.check_entries()
    except UNREADABLE as error:
        yield fails("records", f"what the score says of its records cannot be read: {error!r}")


def _same_score(raw: bytes, package: Package) -> Step:
    if package.score != raw:
        at = next(
            (at for at, (a, b) in enumerate(zip(raw, package.score, strict=False)) if a != b),
            min(len(raw), len(package.score)),
        )
        return fails("score.json", f"differs from the one in the package at byte {at}")
    return holds("score.json", f"canonical, SHA-256 {hashlib.sha256(raw).hexdigest()}")


def _checkpoint(work: Work, key: str) -> tuple[Step, VerifierKey | None]:
    """Open the sealed checkpoint with the key that the reader was given, else with the one that came along."""
    said = work.score.get("checkpoint", {})
    try:
        own = VerifierKey.from_text(work.package.key)
        if str(own) != work.package.key or (key and str(own) != key.strip()):
            return fails("key", "the key of the package is not the key that you gave, or is misspelt"), None
        opened = own.open_checkpoint(said["note"])
        if (opened.size, opened.root.hex()) != (said["size"], said["root"]) or opened.origin != work.score["log"]:
            return fails("checkpoint", "the signed text is of another log or tree than the score says"), None
    except (BadNote, BadSignature, KeyError, TypeError) as error:
        return fails("checkpoint", f"cannot be opened: {error}"), None
    work.signed = opened
    trust = "the key that you gave" if key else "the package's own, which may be forged with it: give yours with --key"
    told = f"signed by {own.name}, key {own.key_id.hex()} ({trust}), over {opened.size} entries"
    return Step(name="checkpoint", outcome=Outcome.HOLDS if key else Outcome.WAITS, said=told), own


def _own_entry(work: Work, raw: bytes, key: VerifierKey | None) -> Iterator[Step]:
    """The score's own entry in the ledger tells its hash, and the log went on from the sealed checkpoint."""
    seal = work.package.seal
    try:
        header, content = read_object(seal["header"]), read_object(seal["content"])
        salt = bytes_from_hex(seal["salt"], SALT_BYTES)
        if set(seal) != _SEAL:
            yield fails("seal", "seal.json has other parts than a seal has")
        elif header["register"] != "score" or header["content"] != content_hash(salt, seal["content"].encode()):
            yield fails("seal", "the ledger entry of the seal does not hash to what its header says")
        elif content["sha256"] != hashlib.sha256(raw).hexdigest():
            yield fails("seal", f"the ledger sealed the score with SHA-256 {content['sha256']}; this is another text")
        elif content.get("records", work.score["records"]) != work.score["records"]:
            yield fails("seal", "the ledger tells another list of records than the score")
        elif other := _told_otherwise(content, work.score):
            yield fails("seal", f"the ledger tells another {', '.join(other)} than the score")
        else:
            yield _placed(work, seal, key)
    except (KeyError, TypeError, ValueError) as error:
        yield fails("seal", f"seal.json cannot be read: {error!r}")


def _told_otherwise(content: Json, score: Json) -> list[str]:
    """Return what the entry of the seal tells otherwise than the score itself, which people read in its place."""
    rubric, totals = score["rubric"], score["totals"]
    said = {"rubric": rubric["code"], "edition": rubric["edition"]}
    said |= {name: score[name] for name in ("year", "kind", "as_of")}
    said |= {name: totals[name] for name in ("raw", "applicable_max", "normalised")}
    return [name for name, value in said.items() if not same_value(content.get(name, value), value)]


def _placed(work: Work, seal: Json, key: VerifierKey | None) -> Step:
    if seal["position"] is None or key is None or work.signed is None:
        if seal["position"] is None:
            said = "the seal's own entry had no place in the tree when the package was made; export it again"
            return Step(name="seal", outcome=Outcome.WAITS, said=said)
        return fails("seal", "cannot be proven without the sealed checkpoint")
    try:
        head = key.open_checkpoint(seal["checkpoint"])
    except (BadNote, BadSignature) as error:
        return fails("seal", f"the newer checkpoint cannot be opened: {error}")
    proof, path = ([bytes_from_hex(part) for part in seal[name]] for name in ("proof", "consistency"))
    leaf = leaf_hash(seal["header"].encode(), work.by)
    if not verify_inclusion(leaf, index=seal["position"], size=head.size, proof=proof, root=head.root, by=work.by):
        return fails("seal", "the entry of the seal is not in the tree of the newer checkpoint")
    old = work.signed
    roots = {"old_root": old.root, "new_root": head.root}
    if not verify_consistency(old=old.size, new=head.size, proof=path, by=work.by, **roots):
        return fails("seal", f"the log of {head.size} entries does not go on from the sealed {old.size}")
    work.newest = head
    return holds("seal", f"its own entry stands at position {seal['position']}; the log goes on to {head.size} entries")


def _files(work: Work) -> Step:
    sealed = work.score.get("rubric", {}).get("files", {})
    found = {name: hashlib.sha256(body).hexdigest() for name, body in work.package.files.items()}
    faults = [f"{name} is not the sealed file" for name, digest in sealed.items() if found.get(name) != digest]
    faults += [f"{name} is not named by the score" for name in found if name not in sealed]
    return many("edition", faults, f"rubric {work.score.get('rubric', {}).get('code')} and the law files are as sealed")


def _list(work: Work) -> Iterator[Step]:
    """The list of the records is the one whose root the score tells; the first format has it in the score itself."""
    if work.score["format"] == FIRST_FORMAT:
        return
    lines, listed = work.package.records or (), work.listed
    found, said = {"count": len(lines), "root": root_of(lines)}, work.score["records"]
    if found != said:
        yield fails("list", f"{found['count']} records lead to root {found['root']}; the score says {said}")
        return
    left_out = f", {listed.withheld} records withheld" if listed.withheld else ""
    yield holds("list", f"{found['count']} records lead to the sealed root {said['root']}{left_out}")


__all__ = ["BadSeal", "Verification", "Work", "listed_in", "verify_score"]
