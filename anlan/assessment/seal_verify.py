"""Verifying a sealed score offline: signature, proofs, hashes, then every figure and point anew. Says which record or rule differs.

Reads only `score.json` and its package. Each step ends as in the verification of a record: holds, waits or fails.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from anlan.assessment.seal_format import FIRST_FORMAT, BadSeal, Json, Package, SealedEntry, read_score
from anlan.assessment.seal_list import SALT_BYTES, Listed, read_list, root_of
from anlan.assessment.seal_recomputed import recomputed
from anlan.assessment.seal_steps import fails, holds, many, short, shortened
from anlan.flow.replay import Replayed, Said, replay
from anlan.ledger.checkpoint import BadNote, Checkpoint
from anlan.ledger.entry import content_hash, leaf_hash
from anlan.ledger.erased import STEP as ERASE
from anlan.ledger.erased import is_approved
from anlan.ledger.hashing import SHA256, TreeHash, bytes_from_hex, tree_hash
from anlan.ledger.signing import BadSignature, VerifierKey
from anlan.ledger.tree import verify_consistency, verify_inclusion
from anlan.ledger.verify import Outcome, Step

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)  # what reading raises that somebody changed
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


@dataclass(slots=True)
class Work:
    """One verification. Collects what is wrong with records, so that the rules that read them are named."""

    score: Json
    package: Package
    listed: Listed
    signed: Checkpoint | None = None
    newest: Checkpoint | None = None
    replayed: dict[str, Replayed] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)

    @property
    def by(self) -> TreeHash:
        """The hash of the tree, as the signed checkpoint names it."""
        return tree_hash(self.signed.tree_hash) if self.signed is not None else SHA256

    def check_entries(self) -> Iterator[Step]:
        """Check every entry: named by the score, leaf and content as sealed, proven by the checkpoint, none wanting."""
        faults: list[str] = []
        erased: list[str] = []
        told: dict[str, list[Said]] = defaultdict(list)
        rules, (vouched, unproven) = self.listed.rules, self._erasures()
        faults += [f"{unproven} erasures that the log does not prove"] if unproven else []
        for entry in self.package.entries:
            header = json.loads(entry.header)
            uid, version = str(header.get("record")), header.get("version")
            sealed = self.listed.records.get(uid)
            if sealed is None or type(version) is not int or not 0 < version <= len(sealed["entries"]):
                faults.append(f"an entry of record {uid}, version {version}, which the score does not name")
                continue
            name = f"{', '.join(rules.get(uid, ())) or '—'}: record {sealed['number'] or uid}, version {version}"
            faults += [
                f"{name}: {fault}" for fault in self._faults(entry, header, sealed, sealed["entries"][version - 1])
            ]
            if entry.content is None and version < vouched.get(uid, 0):
                erased.append(name)
                self.erased.add(uid)
            elif entry.content is None:
                faults.append(f"{name}: its content is gone, and no erasure that the log proves says why")
            told[uid].append(Said(header=header, content=None if entry.content is None else json.loads(entry.content)))
        faults += list(_wanting(self.listed, told))
        yield many(
            "records", faults, f"{len(self.package.entries)} entries of {len(told)} records are as they were sealed"
        )
        if erased:
            said = f"contents were lawfully erased since, what rests on them cannot be recomputed: {shortened(erased)}"
            yield Step(name="erased", outcome=Outcome.WAITS, said=said)
        whole = {uid: sorted(said, key=lambda one: one.version) for uid, said in told.items() if uid not in self.erased}
        self.replayed = {uid: replay(said) for uid, said in whole.items()}

    def resting_on_erased(self) -> set[str]:
        """Return the rules that read an erased record, with their categories and the total (the empty code)."""
        found: set[str] = set()
        for category in self.score["categories"]:
            rules = {rule["code"] for rule in category["rules"]} & {
                code for uid in self.erased for code in self.listed.rules.get(uid, ())
            }
            found |= {*rules, category["code"], ""} if rules else set()
        return found

    def _erasures(self) -> tuple[dict[str, int], int]:
        """Return the records whose approved erasure the newer checkpoint proves, with the version that erased them, and how many
        erasures it does not prove.
        """
        found: dict[str, int] = {}
        head, listed = self.newest, self.package.seal["erasures"]
        if not isinstance(listed, list):
            raise TypeError("the erasures are no list")
        for told in listed if head is not None else ():
            header, path = json.loads(told["header"]), [bytes_from_hex(part) for part in told["proof"]]
            content, salt = told["content"], bytes_from_hex(told["salt"], SALT_BYTES)
            if not is_approved(content) or content_hash(salt, content.encode()) != header["content"]:
                continue
            leaf = leaf_hash(told["header"].encode(), self.by)
            if header["step"] == ERASE and verify_inclusion(
                leaf, index=told["position"], size=head.size, proof=path, root=head.root, by=self.by
            ):
                found[header["record"]] = header["version"]
        return found, len(listed) - len(found)

    def _faults(self, entry: SealedEntry, header: Json, sealed: Json, hashes: list[str]) -> Iterator[str]:
        leaf = leaf_hash(entry.header.encode(), self.by)
        if leaf.hex() != hashes[0]:
            yield "its header is not the sealed one"
        if header.get("register") != sealed["register"]:
            yield f"its register is {header.get('register')}, the score says {sealed['register']}"
        if header.get("content") != hashes[1]:
            yield "its content hash is not the sealed one"
        if entry.content is not None and content_hash(entry.salt or b"", entry.content.encode()) != hashes[1]:
            yield f"it says {short(entry.content)}; its content hash is not the sealed one"
        if entry.content is None and entry.salt is not None:
            yield "it has a salt and no content"
        if self.signed is not None and not verify_inclusion(
            leaf, index=entry.position, size=self.signed.size, proof=entry.proof, root=self.signed.root, by=self.by
        ):
            yield f"its proof does not lead from position {entry.position} to the sealed checkpoint"


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
        header, content = json.loads(seal["header"]), json.loads(seal["content"])
        salt = bytes_from_hex(seal["salt"], SALT_BYTES)
        if set(seal) != _SEAL:
            yield fails("seal", "seal.json has other parts than a seal has")
        elif header["register"] != "score" or header["content"] != content_hash(salt, seal["content"].encode()):
            yield fails("seal", "the ledger entry of the seal does not hash to what its header says")
        elif content["sha256"] != hashlib.sha256(raw).hexdigest():
            yield fails("seal", f"the ledger sealed the score with SHA-256 {content['sha256']}; this is another text")
        elif content.get("records", work.score["records"]) != work.score["records"]:
            yield fails("seal", "the ledger tells another list of records than the score")
        else:
            yield _placed(work, seal, key)
    except (KeyError, TypeError, ValueError) as error:
        yield fails("seal", f"seal.json cannot be read: {error!r}")


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


def _wanting(listed: Listed, told: Mapping[str, list[Said]]) -> Iterator[str]:
    for uid, sealed in listed.records.items():
        have = [said.version for said in told.get(uid, ())]
        wanting = sorted(set(range(1, len(sealed["entries"]) + 1)) - set(have))
        name = f"{', '.join(listed.rules.get(uid, ())) or '—'}: record {sealed['number'] or uid}"
        if wanting:
            yield f"{name}: the entries of version {', '.join(map(str, wanting))} are wanting"
        if len(set(have)) != len(have):
            yield f"{name}: an entry stands in the package twice"


def listed_in(score: Json, package: Package) -> Listed:
    """Return what the seal lists: by the package, or, in the first format, by the score. Raises: BadSeal."""
    if score["format"] != FIRST_FORMAT:
        return read_list(package.records or ())
    if package.records is not None:
        raise BadSeal("The package holds a list of records, and a seal of the first format has none.")
    rules: dict[str, list[str]] = defaultdict(list)
    for category in score["categories"]:
        for rule in category["rules"]:
            for uid in rule["records"]:
                rules[uid].append(rule["code"])
    return Listed(records=score["records"], rules=rules)


__all__ = ["BadSeal", "Verification", "verify_score"]
