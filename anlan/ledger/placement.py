"""When the tree received an entry: the third time of a record, beside when it happened and when it says that it was recorded.

The moment is that of the first tree head that holds the entry. It comes seconds after the record, unless a clock was set
wrong or the sequencer stood still.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import DateTimeField, F, OuterRef, Q, QuerySet, Subquery

from anlan.ledger.models import Entry, TreeHead


def placed_at(entries: Iterable[int]) -> Mapping[int, dt.datetime]:
    """Return when the tree received entries, by their key; what waits for its position is left out."""
    rows: QuerySet[Any] = _with_place(Entry.objects.filter(pk__in=list(entries), position__isnull=False))
    return dict(rows.values_list("pk", "placed_at"))


def apart(institution_id: int, *, since: dt.datetime, until: dt.datetime, minutes: int) -> "QuerySet[Entry]":
    """Return an institution's entries recorded within a span whose recorded and tree times lie further apart than `minutes`.

    Each carries `placed_at`. The demo's story is written at once and says so in its headers; it is left out.
    """
    limit = dt.timedelta(minutes=minutes)
    rows = Entry.objects.filter(
        institution_id=institution_id, recorded_at__gte=since, recorded_at__lte=until, position__isnull=False
    ).exclude(header__contains='"origin":"demo"')
    is_apart = Q(placed_at__gt=F("recorded_at") + limit) | Q(placed_at__lt=F("recorded_at") - limit)
    return _with_place(rows).filter(is_apart).order_by("recorded_at")


def _with_place(rows: "QuerySet[Entry]") -> "QuerySet[Entry]":
    head = TreeHead.objects.filter(size__gt=OuterRef("position__index")).order_by("size").values("at")[:1]
    return rows.annotate(placed_at=Subquery(head, output_field=DateTimeField()))
