"""The administrator's pages of units and roles. Who administers nothing here gets 404, as for a page that is not there."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.org import administration
from anlan.org.errors import Contradiction
from anlan.org.models import Unit
from anlan.web.administration import attention, branches, history, members_of, people_at, role_cards, way
from anlan.web.administration_forms import UnitForm
from anlan.web.door_rules import door_rules
from anlan.web.place import Place, find_administered

KINDS_BELOW = {
    Unit.Kind.COMMISSION: (Unit.Kind.INSTITUTION, Unit.Kind.COMMISSION),
    Unit.Kind.INSTITUTION: (Unit.Kind.DEPARTMENT,),
    Unit.Kind.DEPARTMENT: (),
}


def home(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show what an administrator keeps here, what wants attention, and that no records are seen."""
    here = find_administered(request, place, year)
    below = Unit.objects.filter(path__startswith=here.unit.path)
    counts = {"units": below.count(), "people": people_at(here).count()}
    context = {"place": here, "counts": counts, "attention": attention(here)}
    return render(request, "anlan/administration/home.html", context)


def units(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the tree at and below the place."""
    here = find_administered(request, place, year)
    context = {"place": here, "branches": branches(here), "crumbs": way(here, (_("Units"), ""))}
    return render(request, "anlan/administration/units.html", context)


def unit(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show one unit: what it is, what lies below it, who works there, what was changed."""
    here = find_administered(request, place, year)
    return render(request, "anlan/administration/unit.html", _page(here))


def new(request: HttpRequest, place: str, year: int, kind: str) -> HttpResponse:
    """Add a unit below the one in view."""
    here = find_administered(request, place, year)
    if kind not in KINDS_BELOW[Unit.Kind(here.unit.kind)]:
        raise Http404
    form = UnitForm(request.POST or None, kind=kind)
    if request.method == "POST" and form.carries_out(lambda: _add(here, form)):
        messages.success(request, _("“%(name)s” is added.") % {"name": form.cleaned_data["name"]})
        return redirect("web:unit", form.cleaned_data["code"], year)
    title = {
        Unit.Kind.COMMISSION: _("Add a commission"),
        Unit.Kind.INSTITUTION: _("Add an institution"),
        Unit.Kind.DEPARTMENT: _("Add a department"),
    }[Unit.Kind(kind)]
    return _form(request, here, form, title=title)


def edit(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Change names and profile of the unit in view."""
    here = find_administered(request, place, year)
    form = UnitForm(request.POST or None, kind=here.unit.kind, unit=here.unit)
    if request.method == "POST" and form.carries_out(lambda: _change(here, form)):
        messages.success(request, _("The change is saved."))
        return redirect(here.url("unit"))
    return _form(request, here, form, title=_("Change the unit"))


@require_POST
def act(request: HttpRequest, place: str, year: int, action: str) -> HttpResponse:
    """Close the unit in view, or reopen it."""
    here = find_administered(request, place, year)
    steps = {"close": administration.close_unit, "reopen": administration.reopen_unit}
    if action not in steps:
        raise Http404
    try:
        steps[action](here.unit, by=here.actor)
    except Contradiction as error:
        messages.error(request, error.message)
    return redirect(here.url("unit"))


def roles(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show every role with what it may do."""
    here = find_administered(request, place, year)
    context = {"place": here, "groups": role_cards(here), "crumbs": way(here, (_("Roles"), ""))}
    return render(request, "anlan/administration/roles.html", context)


def sign_in_rules(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show which rules of the door are in force, and where they come from."""
    here = find_administered(request, place, year)
    context = {"place": here, **door_rules(), "crumbs": way(here, (_("Sign-in rules"), ""))}
    return render(request, "anlan/administration/sign_in_rules.html", context)


def _page(here: Place) -> dict[str, Any]:
    below = Unit.objects.filter(path__startswith=here.unit.path, depth=here.unit.depth + 1)
    return {
        "place": here,
        "unit": here.unit,
        "profile": here.institution,
        "below": below.select_related("institution").order_by("path"),
        "kinds": [kind.value for kind in KINDS_BELOW[Unit.Kind(here.unit.kind)]] if here.unit.is_active else [],
        "members": members_of(here),
        "events": history("org.unit", here.unit.code),
        "is_seat": here.unit.pk in {grant.unit_id for grant in here.actor.grants},
        "crumbs": way(here),
    }


def _form(request: HttpRequest, here: Place, form: UnitForm, *, title: str) -> HttpResponse:
    context = {"place": here, "form": form, "title": title, "back": here.url("unit"), "crumbs": way(here, (title, ""))}
    return render(request, "anlan/administration/form.html", context, status=422 if form.errors else 200)


def _add(here: Place, form: UnitForm) -> None:
    data = form.cleaned_data
    administration.add_unit(
        here.unit,
        kind=form.kind,
        code=data["code"],
        name=data["name"],
        name_en=data["name_en"],
        level=data.get("level", ""),
        profile=form.profile(),
        by=here.actor,
    )


def _change(here: Place, form: UnitForm) -> None:
    data, profile = form.cleaned_data, form.profile()
    if profile is not None:
        administration.change_profile(here.unit, profile, by=here.actor)
    administration.change_unit(here.unit, name=data["name"], name_en=data["name_en"], by=here.actor)
