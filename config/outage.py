"""When a part that Anlan stands on is gone: disk, database or keys. Pages and API answer 503 with a stable id, and nothing is half written.

Every write is one transaction, so a failure leaves nothing behind; the next request tries anew, and nothing has to be started again.
"""

import errno
import json
import logging
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error

from anlan.vault.errors import FileBroken, FileGone, KeyMissing

_log = logging.getLogger("anlan.outage")
RETRY_SECONDS = 30
seen: Counter[str] = Counter()  # for the metrics: how often each answer was given by this process


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What is gone, in words for the person who waits. `id` is stable."""

    id: str
    message: Any


FULL = Outage(
    id="outage.E001", message=gettext_lazy("The server's disk is full. Nothing was saved; tell your administrator.")
)
READ_ONLY = Outage(
    id="outage.E002",
    message=gettext_lazy("The server can only read at this moment. Nothing was saved; try again later."),
)
BUSY = Outage(
    id="outage.E003", message=gettext_lazy("The database does not answer at this moment. Nothing was saved; try again.")
)
DISK = Outage(
    id="outage.E004",
    message=gettext_lazy("The server's disk reports an error. Nothing was saved; tell your administrator."),
)
KEYS = Outage(
    id="outage.E005",
    message=gettext_lazy("A key of the encrypted records is missing. Nothing was saved; tell your administrator."),
)
FILE = Outage(
    id="outage.E006",
    message=gettext_lazy(
        "This file is missing or damaged on the server. The record is not affected; tell your administrator."
    ),
)

_FILES = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.EIO: DISK,
}
# How SQLite and PostgreSQL say it; Django keeps the driver's words.
_WORDS = (
    ("database or disk is full", FULL),
    ("no space left on device", FULL),
    ("readonly database", READ_ONLY),
    ("read-only transaction", READ_ONLY),
    ("disk i/o error", DISK),
    ("malformed", DISK),
    ("locked", BUSY),
    ("unable to open database file", BUSY),
    ("connection", BUSY),
    ("server closed", BUSY),
    ("terminating", BUSY),
    ("starting up", BUSY),
    ("shutting down", BUSY),
)


def outage_of(error: BaseException | None) -> Outage | None:
    """Return what is gone, from the error or what it came from; null when nothing is and the error is a fault of ours."""
    while error is not None:
        if isinstance(error, KeyMissing):
            return KEYS
        if isinstance(error, FileGone | FileBroken):
            return FILE
        if isinstance(error, DatabaseError | InterfaceError):
            said = str(error).lower()
            found = next((outage for words, outage in _WORDS if words in said), None)
            if found is not None:
                return found
        elif isinstance(error, OSError) and error.errno in _FILES:
            return _FILES[error.errno]
        error = error.__cause__ or error.__context__
    return None


@requires_csrf_token
def failed(request: HttpRequest) -> HttpResponse:
    """Answer a request that failed (`handler500`): 503 and what is gone, or the page of a fault of ours."""
    error = sys.exc_info()[1]
    outage = outage_of(error)
    is_api = request.path.startswith("/api/")
    if outage is None:
        seen["fault"] += 1
        fault = problem("api.E500", _("Something went wrong on the server. Nothing was saved."))
        return HttpResponse(fault, status=500, content_type=PROBLEM) if is_api else server_error(request)
    seen[outage.id] += 1
    said = f"{type(error).__name__}: {error}" if isinstance(error, FileGone | FileBroken) else type(error).__name__
    _log.error("%s: %s %s was answered with 503 (%s)", outage.id, request.method, request.path, said)
    if is_api:
        answer = HttpResponse(problem(outage.id, str(outage.message)), status=503, content_type=PROBLEM)
    else:
        answer = HttpResponse(render_to_string("503.html", {"outage": outage, "at": timezone.now()}), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


PROBLEM = "application/problem+json"


def problem(id: str, message: str) -> str:
    """Return an error of the API as JSON. `id` is stable."""
    return json.dumps({"id": id, "message": message, "fields": {}}, ensure_ascii=False)
