"""The two files of a sealed score: `score.json` (format `anlan-score/2`) and its package. Pure; reads and writes no database.

`score.json` is canonical JSON. The package is a ZIP without compression, always written the same way, so that a changed byte
anywhere in it shows, also between its members.

  score.json                 what was sealed
  records.jsonl              the list of the records behind it, a line each; of a record that the reader may not see, its leaf alone
  seal.json                  the ledger entry that tells the hash of score.json, its proof, the newest checkpoint, and, of records that
                             were lawfully erased since, the entry `erase` with its proof at that checkpoint
  entries.jsonl              one entry a line: header, content, salt (hex), position, inclusion proof (hex) at the sealed checkpoint
  files/rubrics/…, files/law/…   rubric edition and law files, byte by byte
  key.pub                    the log's public key in one line, as a convenience: trust the one that you were given

Seals of the first format, `anlan-score/1`, name their records in score.json itself; they are read and verified as ever.
"""

from __future__ import annotations

import io
import json
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anlan.assessment.errors import AssessmentError
from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.hashing import bytes_from_hex

FORMAT, FIRST_FORMAT = "anlan-score/2", "anlan-score/1"
SCORE, SEAL, ENTRIES, KEY, FILES = "score.json", "seal.json", "entries.jsonl", "key.pub", "files/"
RECORDS = "records.jsonl"
_ENTRY = {"content", "header", "position", "proof", "salt"}
_SALT_BYTES = 16
_LARGEST = 1 << 30
_STAMP = (1980, 1, 1, 0, 0, 0)
Json = dict[str, Any]


class BadSeal(AssessmentError):
    """A file is no sealed score, or no package of one."""

    id = "assessment.E021"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEntry:
    """One ledger entry of the package, as it stands in the ledger. `proof` leads to the sealed checkpoint's root."""

    header: str
    content: str | None
    salt: bytes | None
    position: int
    proof: tuple[bytes, ...]

    def line(self) -> bytes:
        """Return the entry's line, without the newline."""
        return canonical_bytes(
            {
                "header": self.header,
                "content": self.content,
                "salt": None if self.salt is None else self.salt.hex(),
                "position": self.position,
                "proof": [part.hex() for part in self.proof],
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What a package holds. `seal` is the JSON of the score's own entry; `key` the log's public key in one line.

    `records` is the list of the records, a line each; null in a package of the first format, which has none.
    """

    score: bytes
    seal: Json
    entries: tuple[SealedEntry, ...]
    files: Mapping[str, bytes]
    key: str
    records: tuple[bytes, ...] | None = None


def write_package(package: Package) -> bytes:
    """Return the package as a ZIP; the same content always gives the same bytes."""
    members = {
        SCORE: package.score,
        **({} if package.records is None else {RECORDS: b"".join(line + b"\n" for line in package.records)}),
        SEAL: canonical_bytes(package.seal),
        ENTRIES: b"".join(entry.line() + b"\n" for entry in package.entries),
        KEY: f"{package.key}\n".encode(),
        **{FILES + name: body for name, body in sorted(package.files.items())},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, body in members.items():
            info = zipfile.ZipInfo(name, date_time=_STAMP)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, body)
    return buffer.getvalue()


def read_package(raw: bytes) -> Package:
    """Read a package. Raises: BadSeal, naming the member that is wanting, broken or unknown; any byte out of place is."""
    members = _members(raw)
    wanting = [name for name in (SCORE, SEAL, ENTRIES, KEY) if name not in members]
    if wanting:
        raise BadSeal(f"The package lacks {', '.join(wanting)}. Export it again.")
    files = {name.removeprefix(FILES): body for name, body in members.items() if name.startswith(FILES)}
    unknown = sorted(set(members) - {SCORE, SEAL, ENTRIES, KEY, RECORDS} - {FILES + name for name in files})
    if unknown:
        raise BadSeal(f"The package holds what does not belong to it: {', '.join(unknown)}.")
    lines = members[ENTRIES].split(b"\n")[:-1]
    package = Package(
        score=members[SCORE],
        seal=_json(members[SEAL], SEAL),
        entries=tuple(_entry(line, number) for number, line in enumerate(lines, start=1)),
        files=files,
        key=_text(members[KEY], KEY).removesuffix("\n"),
        records=tuple(members[RECORDS].split(b"\n")[:-1]) if RECORDS in members else None,
    )
    _same_bytes(raw, package, members)
    return package


def read_score(raw: bytes) -> Json:
    """Read score.json. Raises: BadSeal when it is not of the format, or not in its canonical form."""
    data = _json(raw, SCORE)
    if data.get("format") not in (FORMAT, FIRST_FORMAT):
        raise BadSeal(f'{SCORE} says format "{data.get("format")}"; this version reads {FORMAT} and {FIRST_FORMAT}.')
    if canonical_bytes(data) != raw:
        raise BadSeal(
            f"{SCORE} is not in the canonical form in which it was sealed: spaces, order or numbers were changed."
        )
    return data


def read_object(text: str) -> Json:
    """Read a JSON object in which no name stands twice: one that says two things is told by everybody as it suits. Raises: ValueError."""
    data = json.loads(text, parse_constant=int, object_pairs_hook=_once)  # int refuses the constants: NaN is no number
    if not isinstance(data, dict):
        raise ValueError("it is no JSON object")
    return data


def _once(pairs: list[tuple[str, Any]]) -> Json:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return dict(pairs)


def _members(raw: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = [info.filename for info in archive.infolist()]
            if len(set(names)) != len(names) or sum(info.file_size for info in archive.infolist()) > _LARGEST:
                raise BadSeal("The package names a member twice, or is larger than a package can be.")
            for name in names:
                if posixpath.normpath(name) != name or name.startswith(("/", "..")):
                    raise BadSeal(f'The package names the member "{name}", which leads out of it.')
            return {name: archive.read(name) for name in names}
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
    ) as error:
        raise BadSeal(f"The package is broken: {error}. Export it again.") from error


def _same_bytes(raw: bytes, package: Package, members: Mapping[str, bytes]) -> None:
    """Name what reads the same but is not what was written."""
    ours = write_package(package)
    if ours == raw:
        return
    if members[SEAL] != canonical_bytes(package.seal):
        raise BadSeal(f"{SEAL} is not in its canonical form.")
    for number, (entry, line) in enumerate(zip(package.entries, members[ENTRIES].split(b"\n"), strict=False), start=1):
        if entry.line() != line:
            raise BadSeal(f"{ENTRIES}, line {number} is not in its canonical form.")
    at = next(
        (at for at, (one, two) in enumerate(zip(ours, raw, strict=False)) if one != two), min(len(ours), len(raw))
    )
    raise BadSeal(
        f"The package's container was changed: byte {at} is not as it was written, though the members read well."
    )


def _entry(line: bytes, number: int) -> SealedEntry:
    data = _json(line, f"{ENTRIES}, line {number}")
    try:
        if set(data) != _ENTRY or not isinstance(data["header"], str) or type(data["position"]) is not int:
            raise ValueError("it has other parts, or of another type")
        if not isinstance(data["content"], str | None):
            raise ValueError("its content is no text")
        return SealedEntry(
            header=data["header"],
            content=data["content"],
            salt=None if data["salt"] is None else bytes_from_hex(data["salt"], _SALT_BYTES),
            position=data["position"],
            proof=tuple(bytes_from_hex(part) for part in data["proof"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadSeal(f"{ENTRIES}, line {number} is no ledger entry: {error}.") from error


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadSeal(f"{name} is no UTF-8 text: {error}.") from error


def _json(raw: bytes, name: str) -> Json:
    try:
        data = read_object(_text(raw, name))
        canonical_bytes(data)
    except (ValueError, RecursionError) as error:
        raise BadSeal(f"{name} is no JSON that could have been sealed: {error}.") from error
    return data
