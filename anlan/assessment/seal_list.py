"""The list of the records behind a sealed score, as a salted Merkle tree: whoever may not see a record gets its leaf instead.

A line is canonical JSON: record, register, number, the rules that read it, leaf and content hash of every version, and a salt. Its
leaf is SHA-256(0x00 ‖ line), the tree that of RFC 6962 in the order of the record's receipts. `score.json` tells number and root of
the leaves and nothing of any record; so a list that leaves some out still leads to the root that stands in the ledger. Pure.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anlan.assessment.seal_format import BadSeal, Json
from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.hashing import SHA256, BadHash, bytes_from_hex
from anlan.ledger.tiles import Edge, MissingTile

SALT_BYTES = 16
_TOLD = {"entries", "number", "record", "register", "rules", "salt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a seal lists: by receipt (hex) what it says of each record, and how many it withholds. `rules` maps receipts to rules."""

    records: Mapping[str, Json]
    rules: Mapping[str, Sequence[str]]
    withheld: int = 0


def lines_of(records: Mapping[str, Json], by_rule: Mapping[str, Iterable[str]]) -> tuple[bytes, ...]:
    """Return the lines of the list, each under a new salt: `records` as `records_data` tells them, `by_rule` their receipts."""
    rules: dict[str, list[str]] = {}
    for code in sorted(by_rule):
        for uid in by_rule[code]:
            rules.setdefault(uid, []).append(code)
    return tuple(
        canonical_bytes(
            {**records[uid], "record": uid, "rules": rules.get(uid, []), "salt": secrets.token_hex(SALT_BYTES)}
        )
        for uid in sorted(records)
    )


def leaf_of(line: bytes) -> bytes:
    """Return the leaf of a line, also of one that is withheld. Raises: BadSeal."""
    told = _read(line)
    if set(told) != {"leaf"}:
        return SHA256.leaf(line)
    try:
        return bytes_from_hex(told["leaf"])
    except BadHash as error:
        raise BadSeal(f"A line of the list of records is no leaf: {error}") from error


def root_of(lines: Sequence[bytes]) -> str:
    """Return the root of the list (hex). Raises: BadSeal."""
    edge = Edge(0, _no_tile, SHA256)
    edge.append([leaf_of(line) for line in lines])
    return edge.root().hex()


def cut(lines: Sequence[bytes], readable: Collection[uuid.UUID]) -> tuple[bytes, ...]:
    """Return the list with the leaves of the records that are not readable in their place."""
    shown = {uid.hex for uid in readable}
    return tuple(
        line if _read(line).get("record") in shown else canonical_bytes({"leaf": leaf_of(line).hex()}) for line in lines
    )


def read_list(lines: Iterable[bytes]) -> Listed:
    """Read the lines of a list. Raises: BadSeal for one that is not in its form, or a record that stands twice."""
    records: dict[str, Json] = {}
    rules: dict[str, Sequence[str]] = {}
    withheld = 0
    for number, line in enumerate(lines, start=1):
        told = _read(line)
        if set(told) == {"leaf"}:
            withheld += 1
            continue
        if not _is_told(told) or told["record"] in records:
            raise BadSeal(f"Line {number} of the list of records is not in its form, or names a record again.")
        records[told["record"]] = {name: told[name] for name in ("register", "number", "entries")}
        rules[told["record"]] = told["rules"]
    return Listed(records=records, rules=rules, withheld=withheld)


def lines_in(text: str) -> tuple[bytes, ...]:
    """Return the lines of a list that is stored as text."""
    return tuple(line.encode() for line in text.split("\n") if line)


def _read(line: bytes) -> Json:
    try:
        told = json.loads(line, parse_constant=int)
        if isinstance(told, dict) and canonical_bytes(told) == line:
            return told
    except (ValueError, RecursionError) as error:
        raise BadSeal(f"A line of the list of records is no JSON: {error}") from error
    raise BadSeal("A line of the list of records is not in its canonical form.")


def _is_told(told: Json) -> bool:
    return set(told) == _TOLD and _are_texts(told) and _are_pairs(told["entries"]) and _is_salt(told["salt"])


def _are_texts(told: Json) -> bool:
    texts = [told[name] for name in ("record", "register", "number")]
    return isinstance(told["rules"], list) and all(isinstance(one, str) for one in (*texts, *told["rules"]))


def _are_pairs(entries: Any) -> bool:
    """Tell whether these are pairs of hashes in hex, one for each version, at least one."""
    try:
        return bool(entries) and all(len(pair) == 2 and all(map(bytes_from_hex, pair)) for pair in entries)
    except (BadHash, TypeError):
        return False


def _is_salt(salt: Any) -> bool:
    try:
        return len(bytes_from_hex(salt, SALT_BYTES)) == SALT_BYTES
    except BadHash:
        return False


def _no_tile(level: int, index: int) -> bytes:
    raise MissingTile(f"{level}/{index}")
