"""The index of registers, the list of one register, search across registers, and what may be reported."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from anlan.flow.spec import RegisterSpec, all_registers, find_register
from anlan.flow.subsystem import find_subsystem
from anlan.web.catalogue import can_archive, can_import, counts_of, overview, reportable, sections
from anlan.web.finder import find_records, find_registers
from anlan.web.listing import find, read_listing
from anlan.web.place import Place, find_place
from anlan.web.tables import table_of


def index(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show every register that the person may read, by subsystem, with the records of the year."""
    here = find_place(request, place, year)
    specs = readable_registers(here)
    found = find_registers(specs, request.GET.get("q", ""))
    wanted = request.GET.get("subsystem", "")
    shown = [spec for spec in found if wanted in ("", spec.subsystem)]
    context = {
        "place": here,
        "sections": sections(here, shown, counts_of(here, shown)),
        "text": request.GET.get("q", ""),
        "subsystem": wanted,
        "crumbs": crumbs(here),
        "can_archive": can_archive(here),
    }
    part = "anlan/part/register_index.html"
    return render(request, part if request.htmx else "anlan/registers.html", context)  # type: ignore[attr-defined]


def listing(request: HttpRequest, place: str, year: int, register: str) -> HttpResponse:
    """Show the list of one register: filters, columns and order from the declaration and the URL."""
    here = find_place(request, place, year)
    spec = register_at(request, here, register)
    context: dict[str, Any] = {"place": here, "spec": spec, "crumbs": crumbs(here, spec)}
    if here.institution is None:
        return render(request, "anlan/overview.html", {**context, "rows": overview(spec, here)})
    wanted = read_listing(spec, here, request.GET)
    found = find(wanted)
    context |= {"listing": wanted, "found": found, "table": table_of(wanted, found)}
    context |= {"can_open": spec in reportable(here), "opens": spec.steps[spec.first].label}
    context["can_import"] = can_import(here, spec)
    part = "anlan/part/list.html"
    return render(request, part if request.htmx else "anlan/list.html", context)  # type: ignore[attr-defined]


def search(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Find registers by name and records by number or words."""
    here = find_place(request, place, year)
    text = request.GET.get("q", "").strip()[:100]
    specs = readable_registers(here)
    hits = find_records(here, specs, text) if text else []
    context = {
        "place": here,
        "text": text,
        "registers": find_registers(specs, text) if text else [],
        "hits": hits,
        "crumbs": crumbs(here),
    }
    return render(request, "anlan/search.html", context)


def report(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the registers in which the person may open a record, as large buttons."""
    here = find_place(request, place, year)
    specs = reportable(here)
    return render(
        request, "anlan/report.html", {"place": here, "sections": sections(here, specs, {}), "crumbs": crumbs(here)}
    )


def readable_registers(place: Place) -> list[RegisterSpec]:
    """Return the registers that the person may read at the place."""
    return [spec for spec in all_registers() if place.reads(spec.sensitivity)]


def register_at(request: HttpRequest, place: Place, code: str) -> RegisterSpec:
    """Return the register and note it for the menu. Raises: Http404 when there is none that the person may read."""
    try:
        spec = find_register(code)
    except LookupError as error:
        raise Http404 from error
    if not place.reads(spec.sensitivity):
        raise Http404
    request.register = spec  # type: ignore[attr-defined]
    return spec


def crumbs(place: Place, spec: RegisterSpec | None = None, last: str = "") -> list[dict[str, Any]]:
    """Return the way from the unit to the page."""
    way: list[dict[str, Any]] = [{"name": place.name, "url": place.url("home")}]
    if spec is not None:
        url = f"{place.url('registers')}?subsystem={spec.subsystem}"
        way.append({"name": find_subsystem(spec.subsystem).name, "url": url})
    if spec is not None and last:
        way.append({"name": spec.name, "url": place.url("list", spec.code)})
    return way
