"""The work of one verification of a sealed score: the list of its records, and every entry checked against it and the signed checkpoint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from anlan.assessment.seal_format import FIRST_FORMAT, BadSeal, Json, Package, SealedEntry, read_object
from anlan.assessment.seal_list import SALT_BYTES, Listed, read_list
from anlan.assessment.seal_steps import many, short, shortened
from anlan.flow.replay import Replayed, Said, replay
from anlan.ledger.checkpoint import Checkpoint
from anlan.ledger.entry import content_hash, leaf_hash
from anlan.ledger.erased import STEP as ERASE
from anlan.ledger.erased import is_approved
from anlan.ledger.hashing import SHA256, TreeHash, bytes_from_hex, tree_hash
from anlan.ledger.tree import verify_inclusion
from anlan.ledger.verify import Outcome, Step

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)  # what reading raises that somebody changed


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
            header = read_object(entry.header)
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
            told[uid].append(Said(header=header, content=None if entry.content is None else read_object(entry.content)))
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
        if head is None:
            return found, len(listed)
        for told in listed:
            header, path = read_object(told["header"]), [bytes_from_hex(part) for part in told["proof"]]
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


def _wanting(listed: Listed, told: Mapping[str, list[Said]]) -> Iterator[str]:
    for uid, sealed in listed.records.items():
        have = [said.version for said in told.get(uid, ())]
        wanting = sorted(set(range(1, len(sealed["entries"]) + 1)) - set(have))
        name = f"{', '.join(listed.rules.get(uid, ())) or '—'}: record {sealed['number'] or uid}"
        if wanting:
            yield f"{name}: the entries of version {', '.join(map(str, wanting))} are wanting"
        if len(set(have)) != len(have):
            yield f"{name}: an entry stands in the package twice"
