"""Where the score screens get their scores: the rubric in view, the institutions in scope, one evaluation for all of them.

Scores are kept in the process under (rubric hash, year, day, institutions, newest ledger entry, profiles), so that a
page asks the engine again only after something was written.
"""

import datetime as dt
import statistics
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from django.http import Http404, HttpRequest

from anlan.assessment.edition import codes_in_force
from anlan.assessment.load import current_rubric, rubric_codes
from anlan.assessment.rubric import Rubric
from anlan.assessment.score import ScoreTable, score_institutions
from anlan.assessment.sheet import Sheet
from anlan.facts.live import live_engine
from anlan.kernel.period import Period
from anlan.ledger.models import Entry
from anlan.org.models import Institution
from anlan.org.policy import institutions_for
from anlan.org.scope import as_system
from anlan.web.place import Place

KEPT = 64  # tables; a city asks for one and for twelve month ends
Stamp = tuple[object, ...]

_tables: "OrderedDict[Stamp, ScoreTable]" = OrderedDict()
_guard = Lock()


def rubric_in_view(request: HttpRequest) -> Rubric:
    """Return the rubric that the address names, else the first one in force in the year in view.

    Raises: Http404 when there is none.
    """
    known, place = rubric_codes(), getattr(request, "place", None)
    in_force = codes_in_force(year=place.year) if place is not None else known
    code = request.GET.get("rubric", "") or (in_force[0] if in_force else "")
    if code not in known:
        raise Http404
    return current_rubric(code)


def as_of_in_view(request: HttpRequest, place: Place) -> dt.date:
    """Return the last day that counts: the address's, held to the year in view, else today or the year's end."""
    try:
        asked = dt.date.fromisoformat(request.GET.get("as_of", ""))
    except ValueError:
        return place.as_of()
    return min(max(asked, dt.date(place.year, 1, 1)), place.as_of())


def month_ends(place: Place) -> tuple[dt.date, ...]:
    """Return the month ends of the year in view that have passed, in order."""
    return tuple(month.end for month in Period.year(place.year).due_months(place.as_of()))


def institutions_at(place: Place) -> list[Institution]:
    """Return the institutions that the person may see at the place, in tree order."""
    if place.institution is not None:
        return [place.institution]
    return [one for one in institutions_for(place.actor) if one.unit.path.startswith(place.unit.path)]


def score_table(rubric: Rubric, *, year: int, as_of: dt.date, institutions: Sequence[Institution]) -> ScoreTable:
    """Return the scores of the institutions on a day; one evaluation, or none when nothing was written since.

    Raises: ParameterNotInForce and others of the assessment and measures rooms.
    """
    profiles = tuple((one.pk, one.class_level, one.is_large_specialist, one.beds, one.staff) for one in institutions)
    key: Stamp = (rubric.content_hash, year, as_of, profiles, _newest_entry())
    with _guard:
        if key in _tables:
            _tables.move_to_end(key)
            return _tables[key]
    ids = [one.pk for one in institutions]
    table = score_institutions(rubric, year=year, as_of=as_of, engine=live_engine(), institutions=ids)
    with _guard:
        _tables[key] = table
        while len(_tables) > KEPT:
            _tables.popitem(last=False)
    return table


def sheet_of(rubric: Rubric, institution: Institution, *, year: int, as_of: dt.date) -> Sheet:
    """Return the sheet of one institution on a day."""
    return score_table(rubric, year=year, as_of=as_of, institutions=[institution]).sheet(institution.pk)


def median(values: Sequence[int | None]) -> int | None:
    """Return the median of the known values, in hundredths rounded half up; null for none."""
    known = [value for value in values if value is not None]
    return int(statistics.median(known) + 0.5) if known else None


def _newest_entry() -> object:
    """The receipt of the newest entry: it changes with every write, and is never given twice."""
    with as_system("cache of scores"):  # a score rests on records that its reader may not see
        return Entry.objects.order_by("-pk").values_list("uid", flat=True).first()
