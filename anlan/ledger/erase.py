"""Destroying the content of a record's entries: what a lawful erasure does to the log. `anlan.flow.erasure` alone calls it.

Header and leaf stay, so the tree, every proof and every receipt hold as before. The entry `erase`, which the caller appends
in the same transaction, says that the content went lawfully; `anlan check` names an entry that lost it any other way.
"""

import uuid

from anlan.ledger.models import Entry


def destroy_content(record_uid: uuid.UUID) -> int:
    """Destroy content and salt of every entry of a record and return how many. Call it inside the transaction of the erasure.

    The salt goes too: with it, whoever guesses a content could prove the guess.
    """
    return Entry.objects.filter(record_uid=record_uid, content__isnull=False).update(content=None, salt=None)
