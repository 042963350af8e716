"""The log's Ed25519 key, and signing and verifying of checkpoints with it. The only module that needs `cryptography`.

The private key lies in `ANLAN_KEYS_FOLDER`, made once and readable by its owner only. The public one is written beside it in
the form of C2SP signed-note (`name+key id+key`): that line is what a witness or an inspector keeps.
"""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from anlan.ledger.checkpoint import (
    KEY_ID_BYTES,
    BadNote,
    Checkpoint,
    Note,
    Signature,
    check_name,
    parse_checkpoint,
    parse_note,
    signatures_of,
)
from anlan.ledger.errors import LedgerError
from anlan.ledger.models import TreeHead
from anlan.ledger.store import log_hash

FILE, PUBLIC_FILE = "ledger-ed25519", "ledger-ed25519.pub"
_ED25519 = b"\x01"
_SEED_BYTES = 32


class BadSignature(LedgerError, ValueError):
    """The signature is wanting or wrong."""

    def __init__(self, message: str) -> None:
        super().__init__("ledger.E011", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key and the name that it signs under."""

    name: str
    public: bytes

    @classmethod
    def from_text(cls, text: str) -> "VerifierKey":
        """Read `name+key id+key`. Raises: BadNote."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            raw, said = base64.b64decode(encoded, validate=True), bytes.fromhex(key_id)
        except (binascii.Error, ValueError) as error:
            raise BadNote("A verifier key reads name+8 hex digits+base64.") from error
        if raw[:1] != _ED25519 or len(raw) != 1 + _SEED_BYTES:
            raise BadNote("This is no Ed25519 verifier key.")
        key = cls(name=check_name(name), public=raw[1:])
        if key.key_id != said:
            raise BadNote(f"The key id {key_id} does not belong to the name and key beside it.")
        return key

    @property
    def key_id(self) -> bytes:
        """The first bytes of SHA-256(name ‖ newline ‖ algorithm ‖ key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def open(self, note: str) -> Note:
        """Read a note that this key signed. Raises: BadNote; BadSignature when it did not sign it."""
        parsed = parse_note(note)
        claims = signatures_of(parsed, self.name, self.key_id)
        if not claims:
            raise BadSignature(f"The note bears no signature of {self.name}, key {self.key_id.hex()}.")
        public = Ed25519PublicKey.from_public_bytes(self.public)
        for claim in claims:
            try:
                public.verify(claim.value, parsed.text.encode())
            except InvalidSignature as error:
                raise BadSignature(f"The signature of {self.name} does not belong to this text.") from error
        return parsed

    def open_checkpoint(self, note: str) -> Checkpoint:
        """Read a checkpoint of the log that has this key. Raises: BadNote, BadSignature."""
        checkpoint = parse_checkpoint(self.open(note).text)
        if checkpoint.origin != self.name:
            raise BadSignature(f'The checkpoint is of the log "{checkpoint.origin}"; the key is of "{self.name}".')
        return checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The private key of a log."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(name=self.name, public=self._key().public_key().public_bytes_raw())

    def sign(self, text: str) -> Note:
        """Return the text as a note with this key's signature."""
        signature = Signature(name=self.name, key_id=self.verifier.key_id, value=self._key().sign(text.encode()))
        return Note(text=text, signatures=(signature,))

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"  # never the seed


def own_signer() -> Signer:
    """Return the key of this installation; it is made at the first call. Raises: BadNote for a name that cannot stand in a note."""
    return open_signer(Path(settings.ANLAN_KEYS_FOLDER), check_name(settings.ANLAN_LOG_NAME))


def open_signer(folder: Path, name: str) -> Signer:
    """Return the key that lies in a folder, making it if there is none. Two processes that start together agree on one."""
    file = folder / FILE
    if not file.exists():
        _make(folder)
    signer = Signer(name=name, seed=_seed(file))
    _publish(folder / PUBLIC_FILE, signer.verifier)
    return signer


def sign_newest() -> bool:
    """Sign the newest head if it is not signed yet; tell whether there was one. Heads between two rounds stay unsigned."""
    head = TreeHead.objects.order_by("-size").first()
    if head is None or head.checkpoint:
        return False
    signer = own_signer()
    checkpoint = Checkpoint(origin=signer.name, size=head.size, root=bytes(head.root), tree_hash=log_hash().name)
    note = signer.sign(checkpoint.text())
    return bool(TreeHead.objects.filter(size=head.size, checkpoint="").update(checkpoint=str(note)))


def _make(folder: Path) -> None:
    """Write a new seed whole and link it into place, so that nobody reads half a key and the first one stays."""
    draft = folder / f"{FILE}.{os.getpid()}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode() + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, folder / FILE)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        draft.unlink()


def _seed(file: Path) -> bytes:
    try:
        seed = base64.b64decode(file.read_text(encoding="ascii").strip(), validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != _SEED_BYTES:
        raise BadNote(
            f"{file} holds no key. Restore it from a backup; a new key would need new trust from every witness."
        )
    return seed


def _publish(file: Path, verifier: VerifierKey) -> None:
    line = f"{verifier}\n"
    if not file.exists() or file.read_text(encoding="ascii") != line:
        file.write_text(line, encoding="ascii")
