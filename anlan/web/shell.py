"""What the frame around every staff page shows: menu, place, year, person. A context processor calls it."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.flow.spec import all_registers
from anlan.flow.subsystem import all_subsystems, find_subsystem
from anlan.ledger.status import count_contradictions
from anlan.org.access_reading import AUDIT, SECURITY
from anlan.org.account_requests import count_to_decide, may_look
from anlan.org.models import Institution
from anlan.org.oversight import administered_units, seats
from anlan.org.scope import Actor, as_system
from anlan.web.cases import may_have_cases
from anlan.web.drift import CAPABILITIES, open_findings
from anlan.web.erasures import can_look_at_erasures
from anlan.web.place import Place, reads_ledger_status, unit_name, visible_units, years

KEPT_PAGES = frozenset({"home", "registers", "list", "report", "score", "rubric", "audit"})


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return `shell` for the templates; computed only when a template asks for it."""
    return {"shell": _Shell(request)}


class _Shell:
    """Menu, place, year and person of one request; each part is computed once, when a template first reads it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._parts: dict[str, Callable[[], Any]] = {
            "theme": lambda: "dark" if request.COOKIES.get(settings.ANLAN_THEME_COOKIE_NAME) == "dark" else "light",
            "version": _version,
            "groups": lambda: _groups(request),
            "not_yet": lambda: (
                [] if getattr(request, "place", None) is None or _is_administration(request) else _not_yet()
            ),
            "is_administration": lambda: _is_administration(request),
            "institutions": lambda: _institutions(request),
            "years": lambda: _years(request),
            "thumb": lambda: _thumb(request),
            "is_synthetic": lambda: _is_synthetic(request, self["institutions"]),
            "role_names": lambda: _role_names(request),
        }

    def __getitem__(self, name: str) -> Any:
        place: Place | None = getattr(self._request, "place", None)
        if name not in self.__dict__:
            self.__dict__[name] = self._parts[name]() if name in self._parts else _plain(name, self._request, place)
        return self.__dict__[name]


def _plain(name: str, request: HttpRequest, place: Place | None) -> Any:
    if name.endswith("_url"):
        return _url(name.removesuffix("_url").replace("_", "-"), place)
    if name == "place_name":
        return place.name if place else ""
    if name == "year":
        return place.year if place else None
    if name == "person_name":
        return getattr(request.user, "name", "")
    raise KeyError(name)


def _url(name: str, place: Place | None) -> str:
    if name in {"search", "todo-count"}:
        return place.url(name) if place and not place.is_administration else ""
    if name == "home" and place and place.is_administration:
        return administration_url(place, "administration")
    return place.url("home") if name == "home" and place else reverse(f"web:{name if name != 'home' else 'start'}")


def _version() -> str:
    """Return the installed version; empty when the code runs from a checkout that was not installed."""
    try:
        return version("anlan")
    except PackageNotFoundError:
        return ""


def _role_names(request: HttpRequest) -> str:
    actor: Actor | None = getattr(request, "actor", None)
    return " · ".join(dict.fromkeys(str(grant.role.name) for grant in actor.grants)) if actor else ""


def _item(request: HttpRequest, name: Any, icon: str, url: str, *, exact: bool = True) -> dict[str, Any]:
    here = request.get_full_path() if "?" in url else request.path
    is_current = here == url if exact else here.startswith(url)
    return {"name": name, "icon": icon, "url": url, "is_current": is_current}


def _is_administration(request: HttpRequest) -> bool:
    place: Place | None = getattr(request, "place", None)
    return place is not None and place.is_administration


def _is_synthetic(request: HttpRequest, institutions: list[dict[str, Any]]) -> bool:
    if getattr(
        request.user, "is_synthetic", False
    ):  # a page apart from any place, such as the access log, shows the made-up too
        return True
    if not _is_administration(request):
        return any(item["is_synthetic"] for item in institutions)
    place: Place = request.place  # type: ignore[attr-defined]
    mine = Institution.objects.filter(administered_units(place.actor, prefix="unit__"), is_synthetic=True)
    return mine.exists()


def administration_url(place: Place, name: str) -> str:
    """Return a page of the administration at the administrator's own unit, from which everything below is reached."""
    seat = next((seat for seat in seats(place.actor) if place.unit.path.startswith(seat.path)), place.unit)
    return reverse(f"web:{name}", args=(seat.code, place.year))


def _administration_items(request: HttpRequest, place: Place) -> list[dict[str, Any]]:
    pages = (
        (_("Overview"), "home", "administration", ("",)),
        (_("Units"), "sitemap", "units", ("units", "unit")),
        (_("People"), "users", "people", ("people", "new-person")),
        (_("Roles"), "shield-lock", "roles", ("roles",)),
    )
    _before, inside, rest = request.path.partition("/administration/")
    section = rest.partition("/")[0] if inside else None  # the ledger's page lies outside
    return [
        {"name": name, "icon": icon, "url": administration_url(place, page), "is_current": section in sections}
        for name, icon, page, sections in pages
    ]


def _groups(request: HttpRequest) -> list[dict[str, Any]]:
    place: Place | None = getattr(request, "place", None)
    if place is None:
        return _apart(request)
    if place.is_administration:
        url = administration_url(place, "ledger")
        items = [*_administration_items(request, place), *_request_items(request), _ledger_item(request, url)]
        return [{"code": "administration", "name": _("System administration"), "items": items}]
    today = [_item(request, _("To do"), "checklist", place.url("home"))]
    today += [*_case_items(request), *_request_items(request)]
    groups = [
        {"code": "today", "name": _("Today"), "items": today},
        {"code": "registers", "name": _("Registers"), "items": _register_items(request, place)},
    ]
    if can_look_at_erasures(place):
        today.append(_item(request, _("Lawful erasure"), "trash", place.url("erasures")))
    score = _score_items(request, place)
    return [*groups, {"code": "score", "name": _("Assessment"), "items": score}] if score else groups


def _apart(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu of those who have no place: officers who watch, and people from outside."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return []
    if actor.can(AUDIT, SECURITY):
        log = _item(request, _("Access log"), "list-check", reverse("web:access-log"), exact=False)
        return [{"code": "officer", "name": _("Oversight"), "items": [log, *_request_items(request)]}]
    if seats(actor):
        home = _item(request, _("Overview"), "home", reverse("web:start"))
        return [
            {"code": "administration", "name": _("System administration"), "items": [home, *_request_items(request)]}
        ]
    items = [*_case_items(request), *_request_items(request)]
    return [{"code": "today", "name": _("Today"), "items": items}] if items else []


def _request_items(request: HttpRequest) -> list[dict[str, Any]]:
    """The page of changes that take two people, with how many wait for this person."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not may_look(actor):
        return []
    item = _item(request, _("Account requests"), "shield-lock", reverse("web:account-requests"), exact=False)
    return [{**item, "count": count_to_decide(actor, now=timezone.now())}]


def _case_items(request: HttpRequest) -> list[dict[str, Any]]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not may_have_cases(actor, getattr(request, "place", None)):
        return []
    return [_item(request, _("Cases"), "folder", reverse("web:cases"), exact=False)]


def _register_items(request: HttpRequest, place: Place) -> list[dict[str, Any]]:
    current = getattr(request, "register", None)
    used = {spec.subsystem for spec in all_registers() if place.reads(spec.sensitivity)}
    order = [code for code in all_subsystems() if code in used] + sorted(used - set(all_subsystems()))
    items = [_item(request, _("All registers"), "layout-grid", place.url("registers"))]
    for code in order:
        subsystem = find_subsystem(code)
        item = _item(request, subsystem.name, subsystem.icon, f"{place.url('registers')}?subsystem={code}")
        item["is_current"] = item["is_current"] or (current is not None and current.subsystem == code)
        items.append(item)
    if reads_ledger_status(place):
        items.append(_ledger_item(request, place.url("ledger")))
    return [*items, *_audit_items(request, place)]


def _ledger_item(request: HttpRequest, url: str) -> dict[str, Any]:
    with as_system("contradictions of the ledger"):  # a number, of the whole log
        count = count_contradictions()
    return {**_item(request, _("Ledger status"), "fingerprint", url), "count": count}


def _audit_items(request: HttpRequest, place: Place) -> list[dict[str, Any]]:
    if not place.actor.can(*CAPABILITIES):
        return []
    item = _item(request, _("Rows against the ledger"), "shield-lock", place.url("audit"))
    return [{**item, "count": open_findings(place)}]


def _score_items(request: HttpRequest, place: Place) -> list[dict[str, Any]]:
    if not place.actor.can("can:score"):
        return []
    try:
        url, rules = place.url("score"), place.url("rubric")
    except NoReverseMatch:
        return []
    name = _("Score sheet") if place.institution is not None else _("All institutions")
    icon = "clipboard-list" if place.institution is not None else "chart-dots"
    return [_item(request, name, icon, url), _item(request, _("Rubric"), "book-2", rules)]


def _not_yet() -> list[str]:
    return [_("Programmes and duties"), _("Disclosure and papers")]


def _same_page(request: HttpRequest, place: Place | None, code: str) -> str:
    """Return the page in view at another unit, its home where the page belongs to one unit alone."""
    match = request.resolver_match
    if place is None or match is None:
        return ""
    if match.url_name in KEPT_PAGES:
        return reverse(f"web:{match.url_name}", kwargs={**match.kwargs, "place": code})
    return reverse("web:home", args=(code, place.year))


def _institutions(request: HttpRequest) -> list[dict[str, Any]]:
    place: Place | None = getattr(request, "place", None)
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return []
    return [
        {
            "name": unit_name(unit),
            "url": _same_page(request, place, unit.code),
            "is_current": place is not None and unit.pk == place.unit.pk,
            "is_synthetic": bool(getattr(getattr(unit, "institution", None), "is_synthetic", False)),
            "is_group": unit.kind == unit.Kind.COMMISSION,
        }
        for unit in visible_units(actor)
    ]


def _years(request: HttpRequest) -> list[dict[str, Any]]:
    place: Place | None = getattr(request, "place", None)
    if place is None or place.is_administration:
        return []
    head = f"/at/{place.unit.code}/"
    here, page = f"{head}{place.year}/", request.get_full_path()
    # A page apart from any place leads to the year's home.
    rest = page.removeprefix(here) if page.startswith(here) else ""
    return [{"name": year, "url": f"{head}{year}/{rest}", "is_current": year == place.year} for year in years(place)]


def _thumb(request: HttpRequest) -> list[dict[str, Any]]:
    place: Place | None = getattr(request, "place", None)
    me = _item(request, _("Me"), "user-circle", reverse("web:me"))
    if place is None:
        return [*(item for group in _apart(request) for item in group["items"]), me]
    if place.is_administration:
        return [*_administration_items(request, place)[:3], me]
    return [
        _item(request, _("To do"), "checklist", place.url("home")),
        _item(request, _("Report"), "send", place.url("report")),
        {"name": _("Patrol"), "icon": "map-pin", "url": ""},
        me,
    ]
