"""The access log on screen and as a file, for the audit officer and, of rights and sign-ins, for the security officer."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from anlan.flow.spec import all_registers
from anlan.org.access import Access, note_export
from anlan.org.access_reading import Wanted, export_log, kinds_for, read_log
from anlan.org.scope import Actor
from anlan.web.access_lines import lines_of

HEADINGS = ("id", "at", "kind", "who", "person", "place", "register", "record", "what", "count", "reason", "address")
# A spreadsheet takes these first letters for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Show a page of the log, narrowed by the address."""
    actor, wanted = _actor(request), wanted_of(request.GET)
    kinds = kinds_for(actor)
    rows, after = read_log(actor, wanted)
    names = {spec.code: spec.name for spec in all_registers()}
    context = {
        "rows": lines_of(rows),
        "after": after,
        "wanted": wanted,
        "kinds": [(kind, label) for kind, label in Access.Kind.choices if kind in kinds],
        "registers": sorted(names.items(), key=lambda pair: str(pair[1])),
    }
    part = "anlan/access/rows.html" if request.htmx else "anlan/access/log.html"  # type: ignore[attr-defined]
    return render(request, part, context)


@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send the narrowed log as CSV; the export is itself an access."""
    actor, wanted = _actor(request), wanted_of(request.GET)
    rows = export_log(actor, wanted)
    note_export(actor, "access log", 1, reason=request.GET.urlencode())
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="access-{timezone.localdate().isoformat()}.csv"'
    return answer


def wanted_of(query: QueryDict) -> Wanted:
    """Return what a query string asks for; parts that make no sense are left out."""
    after = query.get("after", "")
    return Wanted(
        kind=query.get("kind", "") if query.get("kind") in Access.Kind.values else "",
        who=query.get("who", "").replace("\x00", "").strip()[:80],
        register=query.get("register", "").replace("\x00", "")[:40],
        since=_day(query.get("from", "")),
        until=_day(query.get("to", "")),
        after=int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0,
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _lines(rows: Iterator[Access]) -> Iterator[str]:
    yield "\ufeff" + _line(HEADINGS)
    for row in rows:
        values = (row.pk, row.at.isoformat(), row.kind, row.who, row.person_id, row.path, row.register, row.record_uid)
        yield _line((*values, row.what, row.count, row.reason, row.address))


def _line(values: tuple[Any, ...]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow([_safe(value) for value in values])
    return stream.getvalue()


def _safe(value: Any) -> Any:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
