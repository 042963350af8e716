"""The administrator's pages of people: list, one person, posts, and the account with its one-time password, shown once."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from anlan.org import administration
from anlan.org.account_requests import Change, change
from anlan.org.accounts import locked
from anlan.org.door.factors import has_factor
from anlan.org.errors import Contradiction
from anlan.org.guarded import Act, needs_second
from anlan.org.models import Person, Post
from anlan.org.oversight import administered_people, administers, governs
from anlan.org.roles import find_role
from anlan.web.administration import history, members, posts_of, way
from anlan.web.administration_forms import AdministrationForm, EndForm, PersonForm, PostForm
from anlan.web.place import Place, find_administered, unit_name
from anlan.web.signed_in_again import asks_again

SHOWN = ("locked", "waiting", "without", "inactive")
ACTIONS = {Act.PASSWORD, Act.UNLOCK, Act.FACTORS, Act.DEACTIVATE, Act.REACTIVATE}


_AFTER = gettext_lazy("The next page shows a one-time password, once. A first post can be given at the same time.")


def people(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the people of the place, narrowed by words and by the state of their accounts."""
    here = find_administered(request, place, year)
    text = request.GET.get("q", "").strip()[:100]
    show = request.GET.get("show", "") if request.GET.get("show") in SHOWN else ""
    found, after = members(here, text=text, show=show, after=request.GET.get("after", ""))
    context = {"place": here, "members": found, "after": after, "text": text, "show": show}
    context["crumbs"] = way(here, (_("People"), ""))
    part = "anlan/administration/people_list.html"
    return render(request, part if request.htmx else "anlan/administration/people.html", context)  # type: ignore[attr-defined]


def person(request: HttpRequest, place: str, year: int, username: str) -> HttpResponse:
    """Show one person: account, posts, what was changed."""
    here = find_administered(request, place, year)
    return render(request, "anlan/administration/person.html", _page(here, _find(here, username)))


@never_cache
@asks_again
def new(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Enter a person, give the first post, and show the one-time password."""
    here = find_administered(request, place, year)
    form = PersonForm(request.POST or None, place=here)
    made: list[Change] = []
    if request.method == "POST" and form.carries_out(lambda: made.append(_enter(here, form))):
        return _made(request, here, Person.objects.get(username=form.cleaned_data["username"]), made[0])
    return _form(request, here, form, title=_("Add a person"), back=here.url("people"), lead=_AFTER)


def edit(request: HttpRequest, place: str, year: int, username: str) -> HttpResponse:
    """Change name and telephone."""
    here = find_administered(request, place, year)
    one = _find(here, username)
    form = PersonForm(request.POST or None, place=here, person=one)

    def change() -> None:
        data = form.cleaned_data
        administration.change_person(one, name=data["name"], phone=data["phone"], by=here.actor)

    if request.method == "POST" and form.carries_out(change):
        messages.success(request, _("The change is saved."))
        return redirect(here.url("person", one.username))
    return _form(request, here, form, title=_("Change the person"), person=one)


@never_cache
@require_POST
@asks_again
def act(request: HttpRequest, place: str, year: int, username: str, action: str) -> HttpResponse:
    """Issue a one-time password and show it, unlock, reset the second factor, deactivate or reactivate; or ask for it."""
    here = find_administered(request, place, year)
    one = _find(here, username)
    if action not in ACTIONS:
        raise Http404
    try:
        return _made(request, here, one, change(one, action, by=here.actor))
    except Contradiction as error:
        messages.error(request, error.message)
        return redirect(here.url("person", one.username))


def _made(request: HttpRequest, here: Place, one: Person, made: Change, done: Any = "") -> HttpResponse:
    """Show the one-time password, lead to the request that waits, or back to the person."""
    if made.request is not None:
        messages.info(request, _("It takes two people and waits for the second."))
        return redirect("web:account-request", made.request.uid)
    if made.password:
        return _password(request, here, one, made.password)
    messages.success(request, done or _("Done."))
    return redirect(here.url("person", one.username))


@asks_again
def new_post(request: HttpRequest, place: str, year: int, username: str) -> HttpResponse:
    """Give a post."""
    here = find_administered(request, place, year)
    one = _find(here, username)
    form = PostForm(request.POST or None, place=here)
    made: list[Change] = []
    if request.method == "POST" and form.carries_out(lambda: made.append(_give(here, one, form))):
        return _made(request, here, one, made[0], _("The post is given."))
    return _form(request, here, form, title=_("Give a post"), person=one)


@asks_again
def end_post(request: HttpRequest, place: str, year: int, username: str, post: int) -> HttpResponse:
    """End a post."""
    here = find_administered(request, place, year)
    one = _find(here, username)
    held = Post.objects.filter(pk=post, person=one).select_related("unit", "person").first()
    if held is None or not administers(here.actor, held.unit):
        raise Http404
    form = EndForm(request.POST or None, place=here)

    made: list[Change] = []

    def end() -> None:
        made.append(change(one, Act.END, post=held, ends_on=form.cleaned_data["ends_on"], by=here.actor))

    if request.method == "POST" and form.carries_out(end):
        return _made(request, here, one, made[0], _("The post ends."))
    return _form(request, here, form, title=_("End the post"), person=one, lead=_lead(held, here))


def _lead(post: Post, here: Place) -> str:
    role = find_role(post.role)
    words = [post.person.name, str(role.name), unit_name(post.unit)]
    if needs_second(post.person, Act.END, role=role, today=here.today):
        words.append(_("It takes two people: the post ends after the approval."))
    return " · ".join(words)


def _find(here: Place, username: str) -> Person:
    found = Person.objects.filter(administered_people(here.actor), username=username).first()
    if found is None:
        raise Http404
    return found


def _enter(here: Place, form: PersonForm) -> Change:
    from django.db import transaction

    data = form.cleaned_data
    with transaction.atomic():
        one = administration.add_person(
            data["unit"], username=data["username"], name=data["name"], phone=data["phone"], by=here.actor
        )
        given = _give(here, one, form) if data["role"] else Change()
        return given if given.request is not None else change(one, Act.PASSWORD, by=here.actor)


def _give(here: Place, one: Person, form: AdministrationForm) -> Change:
    data: dict[str, Any] = {name: form.cleaned_data[name] for name in ("unit", "role", "starts_on", "ends_on")}
    return change(one, Act.GIVE, **data, with_account=True, by=here.actor)


def _page(here: Place, one: Person) -> dict[str, Any]:
    return {
        "place": here,
        "person": one,
        "posts": posts_of(here, one),
        "is_locked": bool(locked([one.username], now=timezone.now())),
        "has_factor": has_factor(one),
        "is_self": one.pk == here.actor.person_id,
        "may_change": governs(here.actor, one, today=here.today),
        "waits": {str(act) for act in ACTIONS if needs_second(one, act, today=here.today)},
        "events": history("org.person", one.pk),
        "crumbs": way(here, (_("People"), here.url("people")), (one.name, "")),
    }


def _password(request: HttpRequest, here: Place, one: Person, password: str) -> HttpResponse:
    """Show a password in the answer to the request that made it: it is stored nowhere, so no later page could."""
    context = {"place": here, "person": one, "password": password}
    context["crumbs"] = way(here, (_("People"), here.url("people")), (one.name, here.url("person", one.username)))
    return render(request, "anlan/administration/password.html", context)


def _form(
    request: HttpRequest,
    here: Place,
    form: AdministrationForm,
    *,
    title: str,
    person: Person | None = None,
    back: str = "",
    lead: Any = "",
) -> HttpResponse:
    ways = [(_("People"), here.url("people"))]
    ways += [(person.name, here.url("person", person.username))] if person else []
    back = back or here.url("person", person.username if person else "")
    context = {"place": here, "form": form, "title": title, "back": back, "lead": lead}
    context["crumbs"] = way(here, *ways, (title, ""))
    return render(request, "anlan/administration/form.html", context, status=422 if form.errors else 200)
