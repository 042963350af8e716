"""Run in a restored home, `python -m config.backup.prove` prints what it is: head, counts, and what does not hold. For the drill."""

import json
import sys
from typing import Any


def proof() -> dict[str, Any]:
    """Rehash every entry, rebuild the tree, check the newest signature, open every file, and count."""
    from django.db import connection

    from anlan.ledger.check import broken_entries, broken_tree
    from anlan.org.keys import unknown_total
    from anlan.org.scope import as_system
    from config.backup.database import newest_head

    counts = {}
    if hasattr(connection, "is_migrating"):
        connection.is_migrating = True  # the policies may be those of an older release
    with as_system("restore drill"):
        with connection.cursor() as cursor:  # before anything else: a check may note what it saw
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  names from the catalogue
                counts[table] = int(cursor.fetchone()[0])
        faults = [f"ledger entry {pk}: {what}" for pk, what in broken_entries()]
        faults += [f"ledger {where}: {what}" for where, what in broken_tree()]
        faults += _signature()
        faults += _files()
        faults += [f"{count} values lie under keys that the backup lacks" for count in [unknown_total()] if count]
    return {"head": newest_head(), "faults": faults, "counts": counts}


def _files() -> list[str]:
    """Open every stored file and rehash it, and look for those that the records name and nothing holds."""
    from anlan.flow.drift_evidence import missing_evidence
    from anlan.vault.folders import sealed_folders

    wrong = [f"file {path.name[:16]}: {what}" for folder in sealed_folders() for path, what in folder.broken()]
    return wrong + [f"file {sha256[:16]}: a record names it, and it is not there" for sha256 in missing_evidence()]


def _signature() -> list[str]:
    """Check the newest head's checkpoint with the key of the backup. A head that was not signed yet is no fault."""
    from anlan.ledger.store import newest_head
    from anlan.ledger.verify import Outcome, open_with_own_key

    head = newest_head()
    step = open_with_own_key(head) if head else None
    return [f"checkpoint: {step.said}"] if step and step.outcome is Outcome.FAILS else []


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(proof(), sys.stdout)
