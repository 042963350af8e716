"""Key files: a seed that is made once and readable by its owner only, and the public line beside it (C2SP signed-note).

The log's key and a witness's key are two files: a cosigner must not sign with the key of a log.
"""

import base64
import binascii
import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from anlan.ledger.checkpoint import KEY_ID_BYTES, BadNote, check_name
from anlan.ledger.hashing import BadHash, bytes_from_base64, bytes_from_hex

KEY_BYTES = 32


def key_id(name: str, algorithm: bytes, public: bytes) -> bytes:
    """Return the first bytes of SHA-256(name ‖ newline ‖ algorithm ‖ key), as C2SP signed-note names a key."""
    return hashlib.sha256(name.encode() + b"\n" + algorithm + public).digest()[:KEY_ID_BYTES]


def key_line(name: str, algorithm: bytes, public: bytes) -> str:
    """Return `name+key id+key`, the line that others keep of a public key."""
    return f"{name}+{key_id(name, algorithm, public).hex()}+{base64.b64encode(algorithm + public).decode()}"


def parse_key(text: str, algorithm: bytes) -> tuple[str, bytes]:
    """Read `name+key id+key` and return name and key. Raises: BadNote, also for a key of another algorithm."""
    name, _, rest = text.strip().partition("+")
    said, _, encoded = rest.partition("+")
    try:
        raw, hint = bytes_from_base64(encoded), bytes_from_hex(said, KEY_ID_BYTES)
    except BadHash as error:
        raise BadNote("A verifier key reads name+8 hex digits+base64.") from error
    if raw[:1] != algorithm or len(raw) != 1 + KEY_BYTES:
        raise BadNote(f"This is no Ed25519 key of the kind that is needed here (type {algorithm.hex()}).")
    public = raw[1:]
    if key_id(check_name(name), algorithm, public) != hint:
        raise BadNote(f"The key id {said} does not belong to the name and key beside it.")
    return name, public


def open_seed(file: Path) -> bytes:
    """Return the seed of a key file, making it if there is none. Two processes that start together agree on one."""
    if not file.exists():
        _make(file)
    return _seed(file)


def publish(file: Path, line: str) -> None:
    """Write the public line beside the key, unless it stands there already."""
    if not file.exists() or file.read_text(encoding="utf-8") != f"{line}\n":
        file.write_text(f"{line}\n", encoding="utf-8")


def _make(file: Path) -> None:
    """Write a new seed whole and link it into place, so that nobody reads half a key and the first one stays."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode() + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        draft.unlink()


def _seed(file: Path) -> bytes:
    try:
        seed = base64.b64decode(file.read_text(encoding="ascii").strip(), validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != KEY_BYTES:
        raise BadNote(
            f"{file} holds no key. Restore it from a backup; a new key would need new trust from all who keep the old one."
        )
    return seed
