"""The log's Ed25519 key, and signing and verifying of checkpoints with it.

The private key lies in `ANLAN_KEYS_FOLDER`, made once and readable by its owner only. The public one is written beside it in
the form of C2SP signed-note (`name+key id+key`): that line is what a witness or an inspector keeps.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from anlan.ledger.checkpoint import (
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
from anlan.ledger.kept import broken_now
from anlan.ledger.keyfile import key_id, key_line, open_seed, parse_key, publish
from anlan.ledger.models import TreeHead
from anlan.ledger.store import log_hash

FILE, PUBLIC_FILE = "ledger-ed25519", "ledger-ed25519.pub"
ED25519 = b"\x01"


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
        name, public = parse_key(text, ED25519)
        return cls(name=name, public=public)

    @property
    def key_id(self) -> bytes:
        """What tells keys of one name apart."""
        return key_id(self.name, ED25519, self.public)

    def __str__(self) -> str:
        return key_line(self.name, ED25519, self.public)

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
    signer = Signer(name=name, seed=open_seed(folder / FILE))
    publish(folder / PUBLIC_FILE, str(signer.verifier))
    return signer


def sign_newest() -> bool:
    """Sign the newest head if it is not signed yet; tell whether there was one. Heads between two rounds stay unsigned.

    Raises: LedgerError when the head contradicts what a witness cosigned: two signed histories would be the end of all trust.
    """
    head = TreeHead.objects.order_by("-size").first()
    if head is None or head.checkpoint:
        return False
    _refuse_to_contradict()
    signer = own_signer()
    checkpoint = Checkpoint(origin=signer.name, size=head.size, root=bytes(head.root), tree_hash=log_hash().name)
    note = signer.sign(checkpoint.text())
    return bool(TreeHead.objects.filter(size=head.size, checkpoint="").update(checkpoint=str(note)))


def _refuse_to_contradict() -> None:
    try:
        broken = broken_now()
    except BadNote:
        broken = None  # `anlan check` and the status page name the broken file; it proves nothing against the head
    if broken is not None:
        raise LedgerError("ledger.E035", f"The newest tree head is not signed: {broken.said}. Run `anlan check`.")
