"""Receipts of a record's entries, for programs that file and keep them."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from anlan.api.found import record_at
from anlan.flow.receipts import receipts_of_record

router = Router(tags=["records"])


class LogOut(Schema):
    """The log that gave the receipt out: its name and its public key in one line."""

    name: str
    key: str


class ProofOut(Schema):
    """The way from the leaf to the root of a signed checkpoint; hashes in hex."""

    checkpoint: str
    position: int
    path: list[str]


class ReceiptOut(Schema):
    """The file `anlan-receipt/1` of one entry. `proof` is null until the entry stands in the tree."""

    format: str
    kind: str
    log: LogOut
    tree_hash: str
    number: str
    header: str
    leaf: str
    promise: str
    proof: ProofOut | None


@router.get("/records/{uid}/receipts", response=list[ReceiptOut], summary="The receipts of a record's entries")
def list_receipts(request: HttpRequest, uid: UUID) -> list[dict[str, Any]]:
    """Return a receipt for each entry, oldest first, completed into a proof as far as the tree holds them."""
    return receipts_of_record(record_at(uid).uid, at=timezone.now())
