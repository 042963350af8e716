"""Yesterday's database: the tables of the log as they were, put back in the place of today's. The witness's tables stay."""

from typing import Any

from django.db.models import Model

from anlan.ledger.models import Entry, Leader, Log, Position, Tile, TreeHead, Unsequenced, Witness

TABLES: tuple[type[Model], ...] = (Entry, Unsequenced, Position, Tile, TreeHead, Leader, Log, Witness)
Copy = dict[type[Model], list[dict[str, Any]]]


def copied() -> Copy:
    return {table: list(table._default_manager.values()) for table in TABLES}


def put_back(copy: Copy) -> None:
    for table in reversed(TABLES):
        rows = table._default_manager.all()
        rows._raw_delete(rows.db)
    for table in TABLES:
        table._default_manager.bulk_create([table(**row) for row in copy[table]])
