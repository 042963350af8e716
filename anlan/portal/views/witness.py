"""The witness's door (C2SP tlog-witness): logs send checkpoints and get cosignatures. The log's signature is the only credential."""

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from anlan.ledger.offer import MOST_BYTES
from anlan.ledger.witness import Answer, Verdict, add_checkpoint, known_logs, known_origin
from anlan.org.door.addresses import counted_as
from anlan.org.door.calls import Call, call_wait_seconds, called

PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@login_not_required
@csrf_exempt  # programs send no cookie; what counts is the signature of the log
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Judge an offer and answer as the protocol says. A node that witnesses no log has no such address."""
    if not known_logs():
        raise Http404
    body, now = request.read(MOST_BYTES + 1), timezone.now()
    address = counted_as(str(request.META.get("REMOTE_ADDR", "")))
    call = Call(address=address, log=known_origin(body.decode(errors="replace")))
    if seconds := call_wait_seconds(call, now=now):
        return _too_soon(seconds)
    called(call, now=now)
    return _answer(_judged(body, now=now))


def _judged(body: bytes, *, now: dt.datetime) -> Answer:
    if len(body) > MOST_BYTES:
        return Answer(verdict=Verdict.MALFORMED, text=f"An offer has at most {MOST_BYTES} bytes.\n")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return Answer(verdict=Verdict.MALFORMED, text="An offer is UTF-8 text.\n")
    return add_checkpoint(text, now=now)


def _too_soon(seconds: int) -> HttpResponse:
    response = HttpResponse(f"Too many calls; come again in {seconds} seconds.\n", content_type=PLAIN, status=429)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response


def _answer(answer: Answer) -> HttpResponse:
    kind = SIZE if answer.verdict is Verdict.CONFLICT else PLAIN
    response = HttpResponse(answer.text, content_type=kind, status=answer.verdict.value)
    response["Cache-Control"] = "no-store"
    return response
