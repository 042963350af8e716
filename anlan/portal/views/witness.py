"""The witness's door (C2SP tlog-witness): logs send checkpoints and get cosignatures. The log's signature is the only credential."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from anlan.ledger.offer import MOST_BYTES
from anlan.ledger.witness import Answer, Verdict, add_checkpoint, known_logs

PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@login_not_required
@csrf_exempt  # programs send no cookie; what counts is the signature of the log
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Judge an offer and answer as the protocol says. A node that witnesses no log has no such address."""
    if not known_logs():
        raise Http404
    return _answer(_judged(request))


def _judged(request: HttpRequest) -> Answer:
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return Answer(verdict=Verdict.MALFORMED, text=f"An offer has at most {MOST_BYTES} bytes.\n")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return Answer(verdict=Verdict.MALFORMED, text="An offer is UTF-8 text.\n")
    return add_checkpoint(text, now=timezone.now())


def _answer(answer: Answer) -> HttpResponse:
    kind = SIZE if answer.verdict is Verdict.CONFLICT else PLAIN
    response = HttpResponse(answer.text, content_type=kind, status=answer.verdict.value)
    response["Cache-Control"] = "no-store"
    return response
