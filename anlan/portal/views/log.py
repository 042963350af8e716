"""The log over HTTP as C2SP tlog-tiles lays it out. Public: hashes reveal nothing. Bundles of entries are for auditors alone."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from anlan.ledger.serving import bundle, served_checkpoint, served_entries, served_tile, units_in
from anlan.ledger.tilepath import TilePath, parse_tile_path
from anlan.org.models import Unit
from anlan.org.scope import Actor, as_system

SECONDS_FRESH = 2
AUDIT = "can:audit"
A_YEAR = 365 * 24 * 3600
OCTETS = "application/octet-stream"


@login_not_required
@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Return the newest signed checkpoint."""
    text = served_checkpoint()
    if text is None:
        raise Http404
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = f"public, max-age={SECONDS_FRESH}"
    return answer


@login_not_required
@require_safe
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """Return a tile of hashes, or a bundle of entries to an auditor who may read every one of them."""
    asked = parse_tile_path(path)
    if asked is None:
        raise Http404
    if asked.level is None:
        return _entries(request, asked)
    hashes = served_tile(asked)
    if hashes is None:
        raise Http404
    answer = HttpResponse(hashes, content_type=OCTETS)
    answer["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return answer


def _entries(request: HttpRequest, asked: TilePath) -> HttpResponse:
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or not actor.can(AUDIT):
        raise Http404
    with as_system(
        "headers for an auditor"
    ):  # whether all of them are theirs is decided below, by the units that they name
        headers = served_entries(asked)
    if headers is None or not _audits_all(actor, units_in(headers)):
        raise Http404
    return HttpResponse(bundle(headers), content_type=OCTETS)


def _audits_all(actor: Actor, codes: frozenset[str]) -> bool:
    """Headers name units, people and days: an auditor of one district does not read those of another."""
    paths = list(Unit.objects.filter(code__in=codes).values_list("path", flat=True))
    audited = [grant.path for grant in actor.grants if grant.role.answers_to((AUDIT,))]
    return len(paths) == len(codes) and all(any(path.startswith(top) for top in audited) for path in paths)
