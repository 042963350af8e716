"""The place in view: a unit of the tree and a year, both in the URL. Every staff page below `/at/` starts here."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from anlan.ledger.models import Entry
from anlan.org.models import Institution, Unit
from anlan.org.oversight import administered_units
from anlan.org.policy import institutions_for
from anlan.org.roles import Sensitivity, rank
from anlan.org.scope import Actor

OTHER_INSTITUTION = -1  # reaches nobody's own institution, so only posts above institutions count
YEARS_BACK = 4
RECENT = 1_000  # entries looked at to choose the year that opens first
FEW = 200
STATUS_READERS = ("can:audit", "can:judge", "can:manage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A unit and a year as one person sees them. `institution` is null for a commission."""

    unit: Unit
    institution: Institution | None
    year: int
    actor: Actor
    today: dt.date
    is_administration: bool = False  # the pages of an administrator, who sees no records here

    @property
    def name(self) -> str:
        """The unit's name in the language of the page."""
        return unit_name(self.unit)

    def url(self, name: str, *args: Any) -> str:
        """Return the address of a page at this place."""
        return reverse(f"web:{name}", args=(self.unit.code, self.year, *args))

    def records_here(self) -> Q:
        """Return the condition that keeps the records of this place; the manager adds what the person may see."""
        if self.institution is not None:
            return Q(institution_id=self.institution.pk)
        return Q(institution__unit__path__startswith=self.unit.path)

    def clearance(self) -> int:
        """Return the rank of sensitivity that the person reads at this place; -1 for none."""
        key = self.institution.pk if self.institution is not None else OTHER_INSTITUTION
        return self.actor.clearance(institution_path=self.unit.path, institution_id=key)

    def reads(self, sensitivity: Sensitivity) -> bool:
        """Tell whether registers of this sensitivity may be shown at this place."""
        return self.clearance() >= rank(sensitivity)

    def as_of(self) -> dt.date:
        """Return the last day that counts: today, or the year's last day when the year is over."""
        return min(self.today, dt.date(self.year, 12, 31))


def reads_ledger_status(here: Place) -> bool:
    """Tell whether a post that reaches the place may look at the ledger's state; administrators do so at what they administer."""
    key = here.institution.pk if here.institution is not None else OTHER_INSTITUTION
    grants = here.actor.grants_for(institution_path=here.unit.path, institution_id=key)
    return any(grant.role.answers_to(STATUS_READERS) for grant in grants)


def unit_name(unit: Unit) -> str:
    """Return the unit's name in the language of the page."""
    english = (get_language() or "").startswith("en")
    return unit.name_en if english and unit.name_en else unit.name


def find_place(request: HttpRequest, code: str, year: int) -> Place:
    """Return the place that an address names. Raises: Http404 when there is none that the person may see."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    unit = next((unit for unit in visible_units(actor) if unit.code == code), None)
    today = timezone.localdate()
    if unit is None or not 2000 <= year <= today.year + 1:
        raise Http404
    institution = getattr(unit, "institution", None) if unit.kind == Unit.Kind.INSTITUTION else None
    place = Place(unit=unit, institution=institution, year=year, actor=actor, today=today)
    request.place = place  # type: ignore[attr-defined]
    if request.session.get("place") != [code, year]:  # a write would make every page wait for a running import
        request.session["place"] = [code, year]
    return place


def find_administered(request: HttpRequest, code: str, year: int) -> Place:
    """Return the place whose units and people the person administers. Raises: Http404 when no post of theirs reaches it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    unit = Unit.objects.filter(administered_units(actor), code=code).select_related("institution").first()
    today = timezone.localdate()
    if unit is None or not 2000 <= year <= today.year + 1:
        raise Http404
    institution = getattr(unit, "institution", None)
    place = Place(unit=unit, institution=institution, year=year, actor=actor, today=today, is_administration=True)
    request.place = place  # type: ignore[attr-defined]
    return place


def visible_units(actor: Actor) -> list[Unit]:
    """Return the commissions and institutions that the person may look at, in tree order."""
    units: dict[str, Unit] = {}
    for institution in institutions_for(actor):
        unit = institution.unit
        unit.institution = institution
        units[unit.path] = unit
    for unit in _commissions(actor):
        units[unit.path] = unit
    return [units[path] for path in sorted(units)]


def _commissions(actor: Actor) -> Iterable[Unit]:
    condition = Q(pk__in=[])
    for grant in actor.grants:
        if grant.institution_id is None and grant.role.reach == "subtree":
            condition |= Q(path__startswith=grant.path, kind=Unit.Kind.COMMISSION)
    return Unit.objects.filter(condition) if condition != Q(pk__in=[]) else ()


def default_place(request: HttpRequest, actor: Actor) -> tuple[str, int] | None:
    """Return code and year of the place to open first: the last one in view, else the person's own; null for none."""
    codes = [unit.code for unit in visible_units(actor)]
    last = request.session.get("place")
    if last and last[0] in codes:
        return str(last[0]), int(last[1])
    return (codes[0], default_year()) if codes else None


def default_year() -> int:
    """Return the newest year that enough of the newest entries speak of; without entries, this year."""
    this_year = timezone.localdate().year
    newest = Entry.objects.order_by("-pk").values_list("occurred_on", flat=True)[:RECENT]
    spoken = Counter(day.year for day in newest if day.year <= this_year)
    if not spoken:
        return this_year
    return max((year for year, count in spoken.items() if count >= FEW), default=spoken.most_common(1)[0][0])


def years(place: Place) -> list[int]:
    """Return the years that the menu offers, newest first, the one in view among them."""
    newest = max(place.today.year, place.year)
    return sorted({*range(newest, newest - YEARS_BACK - 1, -1), place.year}, reverse=True)
