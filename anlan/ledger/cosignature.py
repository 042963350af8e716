"""Cosignatures as C2SP tlog-cosignature writes them (`cosignature/v1`, Ed25519): a witness's word on a checkpoint, with the time.

It says: at this time, the largest consistent tree that I have seen of this log has this root. The signature line holds the
time in eight bytes, then the signature over "cosignature/v1", a line with the time and the whole text of the checkpoint.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from anlan.ledger.checkpoint import Note, Signature, check_name, signatures_of
from anlan.ledger.keyfile import key_id, key_line, open_seed, parse_key, publish
from anlan.ledger.signing import BadSignature

COSIGNATURE_V1 = b"\x04"
FILE, PUBLIC_FILE = "witness-ed25519", "witness-ed25519.pub"
_TIME_BYTES, _SIGNATURE_BYTES = 8, 64
_LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignerKey:
    """The public key of a witness and the name that it signs under."""

    name: str
    public: bytes

    @classmethod
    def from_text(cls, text: str) -> "CosignerKey":
        """Read `name+key id+key`. Raises: BadNote, also for the key of a log."""
        name, public = parse_key(text, COSIGNATURE_V1)
        return cls(name=name, public=public)

    @property
    def key_id(self) -> bytes:
        """What tells keys of one name apart."""
        return key_id(self.name, COSIGNATURE_V1, self.public)

    def __str__(self) -> str:
        return key_line(self.name, COSIGNATURE_V1, self.public)

    def time_of(self, note: Note) -> dt.datetime:
        """Return when this witness cosigned the note, the latest time where it did so twice.

        Raises: BadSignature when it did not, or a line that claims to be its own is wrong.
        """
        claims = signatures_of(note, self.name, self.key_id)
        if not claims:
            raise BadSignature(f"The note bears no cosignature of {self.name}, key {self.key_id.hex()}.")
        return max(self._time(note.text, claim) for claim in claims)

    def _time(self, text: str, claim: Signature) -> dt.datetime:
        time, value = int.from_bytes(claim.value[:_TIME_BYTES], "big"), claim.value[_TIME_BYTES:]
        try:
            if len(value) != _SIGNATURE_BYTES or time > _LATEST:
                raise InvalidSignature
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, _message(text, time))
            return dt.datetime.fromtimestamp(time, dt.UTC)
        except (InvalidSignature, ValueError, OverflowError, OSError) as error:
            raise BadSignature(
                f"The cosignature of {self.name} does not belong to this checkpoint and time."
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigner:
    """The private key of a witness."""

    name: str
    seed: bytes

    @property
    def key(self) -> CosignerKey:
        """The public half."""
        return CosignerKey(name=self.name, public=self._private().public_key().public_bytes_raw())

    def cosign(self, text: str, *, at: dt.datetime) -> Signature:
        """Return this witness's signature on the text of a checkpoint. `at` counts in whole seconds."""
        time = int(at.timestamp())
        value = time.to_bytes(_TIME_BYTES, "big") + self._private().sign(_message(text, time))
        return Signature(name=self.name, key_id=self.key.key_id, value=value)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def __repr__(self) -> str:
        return f"Cosigner({self.name!r})"  # never the seed


def own_cosigner() -> Cosigner:
    """Return the key with which this node witnesses other logs; it is made at the first call. Raises: BadNote."""
    return open_cosigner(Path(settings.ANLAN_KEYS_FOLDER), check_name(settings.ANLAN_WITNESS_NAME))


def open_cosigner(folder: Path, name: str) -> Cosigner:
    """Return the witness's key that lies in a folder, making it if there is none."""
    cosigner = Cosigner(name=name, seed=open_seed(folder / FILE))
    publish(folder / PUBLIC_FILE, str(cosigner.key))
    return cosigner


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
