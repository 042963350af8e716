"""Institutions that the reader may see."""

from django.http import HttpRequest
from ninja import Router

from anlan.api.problems import Missing
from anlan.api.session import actor_of
from anlan.api.shapes import InstitutionOut, institution_out
from anlan.org.models import Institution, Unit
from anlan.org.policy import institutions_for, visible_institutions

router = Router(tags=["institutions"])


@router.get("/institutions", response=list[InstitutionOut], summary="The institutions that you may see, in tree order")
def list_institutions(request: HttpRequest) -> list[InstitutionOut]:
    """Return every institution below the reader's posts."""
    found = institutions_for(actor_of(request))
    parents = {one.unit.path[: -Unit.steplen] for one in found}
    commissions = dict(Unit.objects.filter(path__in=parents).values_list("path", "code"))
    return [institution_out(one, commissions=commissions) for one in found]


def visible_institution(request: HttpRequest, code: str) -> Institution:
    """Return the institution of a code. Raises: Missing when there is none that the reader may see."""
    found = (
        Institution.objects.filter(visible_institutions(actor_of(request)), code=code).select_related("unit").first()
    )
    if found is None:
        raise Missing
    return found
