"""Registers as a person meets them: by subsystem, with the number of records in view, and which may be opened."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q, Value
from django.urls import reverse

from anlan.exchange.archive.write import MAKERS
from anlan.flow.declare import ANNULLED
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.flow.subsystem import all_subsystems, find_subsystem
from anlan.org.policy import institutions_for, may
from anlan.web.place import Place, unit_name


def sections(place: Place, specs: Iterable[RegisterSpec], counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the registers by subsystem, in the order of the subsystems; `count` is null where it was not asked for."""
    by_code: dict[str, list[dict[str, Any]]] = {}
    for spec in specs:
        entry = {"spec": spec, "url": place.url("list", spec.code), "count": counts.get(spec.code)}
        entry["new_url"] = place.url("new", spec.code) if place.institution is not None else ""
        entry["opens"] = spec.steps[spec.first].label
        by_code.setdefault(spec.subsystem, []).append(entry)
    known = list(all_subsystems())
    order = sorted(by_code, key=lambda code: (known.index(code) if code in known else len(known), code))
    return [{"subsystem": find_subsystem(code), "registers": by_code[code]} for code in order]


def overview(spec: RegisterSpec, place: Place) -> list[dict[str, Any]]:
    """Return, for a commission, how many records of a register each institution below it holds in the year."""
    rows = spec.model.objects.filter(place.records_here(), year_of(spec, place.year)).exclude(state=ANNULLED).order_by()
    late = Count("pk", filter=Q(due_on__lt=place.today) & ~Q(state__in=spec.final))
    found = {row["institution"]: row for row in rows.values("institution").annotate(count=Count("pk"), late=late)}
    below = [one for one in institutions_for(place.actor) if one.unit.path.startswith(place.unit.path)]
    return [
        {
            "name": unit_name(one.unit),
            "url": reverse("web:list", args=(one.unit.code, place.year, spec.code)),
            "count": found.get(one.pk, {}).get("count", 0),
            "late": found.get(one.pk, {}).get("late", 0),
        }
        for one in below
    ]


def counts_of(place: Place, specs: Iterable[RegisterSpec]) -> dict[str, int]:
    """Return how many records of the year each register holds at the place; one statement for all of them."""
    queries = [
        spec.model.objects.filter(place.records_here(), year_of(spec, place.year))
        .exclude(state=ANNULLED)
        .order_by()
        .values(register=Value(spec.code))
        .annotate(count=Count("pk"))
        .values_list("register", "count")
        for spec in specs
    ]
    if not queries:
        return {}
    found = dict(queries[0].union(*queries[1:], all=True)) if len(queries) > 1 else dict(queries[0])
    return {spec.code: found.get(spec.code, 0) for spec in specs}


def year_of(spec: RegisterSpec, year: int) -> Q:
    """Return the condition for records that happened in the year, or were in force during it."""
    start, end = dt.date(year, 1, 1), dt.date(year, 12, 31)
    if spec.is_standing:
        return Q(occurred_on__lte=end) & (Q(ended_on__isnull=True) | Q(ended_on__gt=start))
    return Q(occurred_on__gte=start, occurred_on__lte=end)


def often(specs: Iterable[RegisterSpec]) -> list[RegisterSpec]:
    """Return registers with those first that take a record again and again: events before what stands for years."""
    return sorted(specs, key=lambda spec: (spec.is_standing, -len(spec.steps)))


def reportable(place: Place) -> list[RegisterSpec]:
    """Return the registers in which the person may open a record at the place; none at a commission."""
    institution = place.institution
    if institution is None:
        return []
    return [
        spec
        for spec in all_registers()
        if may(place.actor, spec.steps[spec.first].by, institution=institution, sensitivity=spec.sensitivity)
    ]


def can_import(place: Place, spec: RegisterSpec) -> bool:
    """Tell whether the person may import sheets into the register of the place."""
    if place.institution is None:
        return False
    return may(place.actor, ("can:import",), institution=place.institution, sensitivity=spec.sensitivity)


def can_archive(place: Place) -> bool:
    """Tell whether the person may take archive packages of the place: its office and an auditor may."""
    return place.institution is not None and may(place.actor, MAKERS, institution=place.institution)
