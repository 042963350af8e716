"""Opens and repacks archive packages for tests, as a forger would: with hashes mended, and signed anew where they hold the key."""

import base64
import hashlib
import io
import json
import zipfile
from typing import Any

from anlan.exchange.archive.container import Container
from anlan.ledger.signing import Signer
from anlan.ledger.standalone.anlan_verify import Bad, Package

Files = dict[str, bytes]


def opened(package: bytes) -> Files:
    """Return the files of a package."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files) -> bytes:
    """Return the package of these files, byte for byte as Anlan writes them."""
    stream = io.BytesIO()
    container = Container(stream)
    for name, content in files.items():
        container.add(name, [content])
    container.close()
    return stream.getvalue()


def mended(files: Files, *, signer: Signer | None = None) -> Files:
    """Return the files with a manifest that fits them; signed when the forger has the key."""
    listed = {name: content for name, content in files.items() if name not in ("manifest.json", "manifest.sig")}
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in listed.items()
    }
    raw = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    signature = files["manifest.sig"]
    if signer is not None:
        digest = base64.b64encode(hashlib.sha256(raw).digest()).decode()
        signature = str(signer.sign(f"anlan-archive/1\n{signer.name}\n{digest}\n")).encode()
    return listed | {"manifest.json": raw, "manifest.sig": signature}


def lines(files: Files, name: str) -> list[dict[str, Any]]:
    """Return the entries of a register's file."""
    return [json.loads(line) for line in files[name].splitlines()]


def with_lines(files: Files, name: str, entries: list[dict[str, Any]]) -> Files:
    """Return the files with other entries in one of them."""
    text = "".join(json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n" for one in entries)
    return files | {name: text.encode()}


def findings(package: bytes, key: str) -> tuple[int, list[tuple[str, str]]]:
    """Verify a package with a key and return the outcome and (where, id) of what differs."""
    found = Package(key)
    try:
        found.verify(io.BytesIO(package))
    except (Bad, KeyError, TypeError, AttributeError) as error:
        found.add(2, "package", "form", what=error)
    return found.outcome, [(where, id) for level, where, id, *_ in found.findings if level == 2]
