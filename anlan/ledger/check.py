"""Rehashes entries: the running check behind `anlan check` until the tree arrives."""

import json
from collections.abc import Iterator

from anlan.ledger.entry import content_hash, leaf_hash
from anlan.ledger.models import Entry


def broken_entries() -> Iterator[tuple[int, str]]:
    """Yield (entry id, what is wrong) for every entry whose header or content no longer matches its hashes."""
    for entry in Entry.objects.order_by("pk").iterator(chunk_size=2000):
        if leaf_hash(entry.header.encode()) != bytes(entry.leaf):
            yield entry.pk, "header does not match the leaf"
        elif entry.content is not None and entry.salt is not None:
            expected = json.loads(entry.header)["content"]
            if content_hash(bytes(entry.salt), entry.content.encode()) != expected:
                yield entry.pk, "content does not match its hash"
