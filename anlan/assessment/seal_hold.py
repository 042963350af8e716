"""A sealed score needs the records that it read, so that anyone can recompute it: until its own term is over they are not erased."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _

from anlan.assessment.models import Seal
from anlan.flow.holds import Hold, declare_hold
from anlan.flow.register import Register
from anlan.kernel.parameter import find_parameter

SEALED_YEARS = "retention.sealed_years"


@declare_hold
def sealed_scores(record: Register, today: dt.date) -> Iterator[Hold]:
    """Yield a hold for each sealed score that read the record and whose term is not over."""
    row = find_parameter(SEALED_YEARS, on=today)
    uid = record.uid.hex
    listed = Q(records__contains=uid) | Q(document__contains=uid)  # seals of the first format list them in the document
    seals = Seal.objects.filter(listed, institution_id=record.institution_id)
    for seal in seals.order_by("year", "version"):
        until = dt.date(seal.year + row.value, 12, 31)
        if today <= until:
            message = _(
                "The sealed score %(rubric)s %(year)d (version %(version)d) read it; it is needed until %(day)s."
            )
            words = {"rubric": seal.rubric, "year": seal.year, "version": seal.version, "day": until}
            yield Hold(words=message % words, until=until, clause=row.clause, is_verified=row.verified)
