"""The second factor: shown at sign-in, set up, listed and removed on the account's page. Security keys speak JSON with `door.js`."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from anlan.org.credentials import Factor
from anlan.org.door import again, factors, sessions, totp, webauthn
from anlan.org.door.factors import FactorRefused
from anlan.org.doors import wrong_factor
from anlan.org.models import Person
from anlan.web.door_forms import CodeForm
from anlan.web.second_step import Waiting, let_in, origin_of, waiting
from anlan.web.signed_in_again import asks_again
from anlan.web.views.account import known

STATE = "webauthn_state"


# ── shown at sign-in ──────────────────────────────────────────────────────────────────────────────────────────────────


@never_cache
@login_not_required
def show(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor of somebody who has shown a password."""
    now = timezone.now()
    one = waiting(request, moment=now.timestamp())
    if one is None or not factors.has_factor(one.person):
        return redirect("web:sign-in")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _let_in(request, one, factors.show_code(one.person, form.cleaned_data["code"], now=now))
            except FactorRefused as error:
                wrong_factor(one.person, request)
                form.add_error("code", error.message)
                status = 429 if error.wait_seconds else 422
    return render(request, "anlan/factors/show.html", _asking(request, one.person, form), status=status)


@never_cache
@login_not_required
@require_POST
def show_key(request: HttpRequest) -> HttpResponse:
    """Give the browser a challenge for a security key, or take the key's answer."""
    now = timezone.now()
    one = waiting(request, moment=now.timestamp())
    if one is None:
        return _problem(_("The sign-in took too long. Begin again."))

    def begin() -> tuple[dict[str, Any], dict[str, Any]]:
        return webauthn.begin_showing(one.person, origin=origin_of(request))

    def finish(answer: dict[str, Any], state: dict[str, Any], _name: str) -> HttpResponse:
        try:
            webauthn.show(one.person, answer, state, origin=origin_of(request), now=now)
        except FactorRefused:
            wrong_factor(one.person, request)
            raise
        return _as_json(request, _let_in(request, one, Factor.Kind.WEBAUTHN.value))

    return _exchange(request, begin, finish)


def _let_in(request: HttpRequest, one: Waiting, kind: str) -> HttpResponse:
    """Begin the session, or strengthen the one that is open, and lead to the page that was wanted."""
    now, wanted = timezone.now(), one.next
    if isinstance(request.user, Person):
        after_half = again.wanted_after_half(request, one.person, now=now)
        sessions.strengthen(request, kind)
        if after_half is not None:
            again.shown(request, one.person, now=now)
            wanted = after_half
    else:
        let_in(request, one.person, factor=kind, now=now, came=one.came)
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    answer = HttpResponseRedirect(wanted if is_ours else reverse("web:start"))
    return known(request, answer, one.person)


def _asking(request: HttpRequest, person: Person, form: CodeForm) -> dict[str, Any]:
    kinds = set(factors.confirmed(person).values_list("kind", flat=True))
    return {
        "form": form,
        "person": person,
        "has_telephone": Factor.Kind.TOTP in kinds,
        "has_key": Factor.Kind.WEBAUTHN in kinds,
        "has_recovery": Factor.Kind.RECOVERY in kinds,
        "is_usable": webauthn.usable_at(origin_of(request)),
        "demo_code": factors.code_of_today(person, now=timezone.now()),
    }


# ── set up and removed ────────────────────────────────────────────────────────────────────────────────────────────────


@never_cache
@asks_again
def index(request: HttpRequest) -> HttpResponse:
    """Show the person's second factors, and what can be set up."""
    person = _person(request)
    rows = list(factors.confirmed(person))
    recovery = sum(row.kind == Factor.Kind.RECOVERY for row in rows)
    shown = [row for row in rows if row.kind != Factor.Kind.RECOVERY]
    context = {
        "factors": shown,
        "recovery": recovery,
        "has_telephone": any(row.kind == Factor.Kind.TOTP for row in shown),
        "is_usable": webauthn.usable_at(origin_of(request)),
        "is_asked": request.actor.needs_second_factor,  # type: ignore[attr-defined]
    }
    return render(request, "anlan/factors/index.html", context)


@never_cache
@asks_again
def telephone(request: HttpRequest) -> HttpResponse:
    """Show the secret as QR code and letters, and take the first code."""
    person, now = _person(request), timezone.now()
    try:
        secret = factors.begin_totp(person, now=now)
    except FactorRefused as error:
        messages.error(request, error.message)
        return redirect("web:factors")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            factors.confirm_totp(person, form.cleaned_data["code"], now=now)
        except FactorRefused as error:
            form.add_error("code", error.message)
        else:
            return _set_up(request, person, Factor.Kind.TOTP.value)
    context = {"form": form, "letters": totp.in_letters(secret)}
    context["demo_code"] = factors.code_of_today(person, now=now)
    return render(request, "anlan/factors/telephone.html", context, status=422 if form.errors else 200)


@never_cache
@asks_again
def qr(request: HttpRequest) -> HttpResponse:
    """Send the QR code of the telephone that waits to be confirmed, as a picture of its own: the page needs no inline style."""
    import segno

    person = _person(request)
    waiting_one = Factor.objects.filter(person=person, kind=Factor.Kind.TOTP, confirmed_at__isnull=True)
    if not waiting_one.exists():
        raise Http404
    secret = factors.begin_totp(person, now=timezone.now())
    picture = BytesIO()
    account = f"{person.username}@{request.get_host()}"
    segno.make(totp.address(secret, account=account, issuer="Anlan"), error="m").save(
        picture, kind="svg", scale=5, border=2, light="#fff", xmldecl=False
    )
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


@never_cache
@require_POST
@asks_again
def new_key(request: HttpRequest) -> HttpResponse:
    """Give the browser a challenge for a new security key, or keep the key that answered."""
    person, now = _person(request), timezone.now()

    def begin() -> tuple[dict[str, Any], dict[str, Any]]:
        return webauthn.begin_registering(person, origin=origin_of(request))

    def finish(answer: dict[str, Any], state: dict[str, Any], name: str) -> HttpResponse:
        webauthn.register(person, answer, state, name=name, origin=origin_of(request), now=now)
        _strengthen(request, person, Factor.Kind.WEBAUTHN.value)
        messages.success(request, _("The security key is set up."))
        return JsonResponse({"next": reverse("web:factors")})

    return _exchange(request, begin, finish)


@never_cache
@require_POST
@asks_again
def recovery(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them, once."""
    person = _person(request)
    if not factors.has_factor(person):
        return redirect("web:factors")
    codes = factors.new_recovery_codes(person, now=timezone.now())
    return render(request, "anlan/factors/recovery.html", {"codes": codes})


@require_POST
@asks_again
def remove(request: HttpRequest, factor: int) -> HttpResponse:
    """Remove a factor of one's own."""
    person = _person(request)
    actor = request.actor  # type: ignore[attr-defined]
    try:
        factors.remove(person, factor, actor)
    except FactorRefused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("It is removed."))
    return redirect("web:factors")


def _set_up(request: HttpRequest, person: Person, kind: str) -> HttpResponse:
    """Note a new factor and show recovery codes with the first one."""
    _strengthen(request, person, kind)
    if factors.confirmed(person).filter(kind=Factor.Kind.RECOVERY).exists():
        messages.success(request, _("The telephone is set up."))
        return redirect("web:factors")
    codes = factors.new_recovery_codes(person, now=timezone.now())
    return render(request, "anlan/factors/recovery.html", {"codes": codes, "is_new": True})


def _strengthen(request: HttpRequest, person: Person, kind: str) -> None:
    sessions.end_others(request, person)  # none that showed a password alone goes on beside a new factor
    sessions.strengthen(request, kind)
    again.shown(request, person, now=timezone.now())  # both were shown: the password before, the new factor now


def _person(request: HttpRequest) -> Person:
    person: Person = request.user  # type: ignore[assignment]
    return person


# ── JSON with the browser ─────────────────────────────────────────────────────────────────────────────────────────────


def _exchange(
    request: HttpRequest,
    begin: Callable[[], tuple[dict[str, Any], dict[str, Any]]],
    finish: Callable[[dict[str, Any], dict[str, Any], str], HttpResponse],
) -> HttpResponse:
    """First call: a challenge, its state kept in the session. Second call: the answer; a state serves once."""
    try:
        sent = json.loads(request.body or b"{}")
        answer, name = sent.get("answer"), str(sent.get("name", ""))
    except (ValueError, AttributeError, RecursionError):
        return _problem(_("The security key's answer is not right. Try again with a key of this account."))
    try:
        if answer is None:
            options, request.session[STATE] = begin()
            return JsonResponse(options)
        return finish(answer, request.session.pop(STATE, {}), name)
    except FactorRefused as error:
        return _problem(error.message)


def _as_json(_request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Turn a redirect into JSON that `door.js` follows, cookies kept."""
    told = JsonResponse({"next": answer["Location"]})
    told.cookies = answer.cookies
    return told


def _problem(message: str) -> HttpResponse:
    return JsonResponse({"message": message}, status=422)
