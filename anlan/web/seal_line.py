"""The line on the live sheet that leads to the seals of the year, and the button for those who may seal."""

from typing import Any

from anlan.assessment.models import Seal
from anlan.assessment.seal_rights import kind_to_seal
from anlan.web.place import Place


def seal_context(here: Place) -> dict[str, Any]:
    """Return `newest_seal` (null when none was sealed) and `seal_kind`: as whose score the person may seal, empty for none."""
    newest = (
        Seal.objects.filter(institution=here.institution, year=here.year).defer("document").order_by("-published_at")
    )
    kind = kind_to_seal(here.actor, here.institution) if here.institution is not None else ""
    return {"newest_seal": newest.first(), "seal_kind": kind}
