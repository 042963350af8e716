"""The page on which the running audit shows what differs between the rows and the ledger."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from anlan.web.drift import CAPABILITIES, audit_page
from anlan.web.place import Place, find_place


def audit(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show how far the audit is and what it found here."""
    here = find_place(request, place, year)
    if not may_see(here):
        raise Http404
    crumbs = [{"name": here.name, "url": here.url("home")}]
    context = {"place": here, "page": audit_page(here), "crumbs": crumbs}
    return render(request, "anlan/audit.html", context)


def may_see(here: Place) -> bool:
    """Tell whether a post that reaches the place keeps or audits its registers."""
    key = here.institution.pk if here.institution is not None else -1
    grants = here.actor.grants_for(institution_path=here.unit.path, institution_id=key)
    return any(grant.role.answers_to(CAPABILITIES) for grant in grants)
