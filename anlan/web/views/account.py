"""Signing in and out, the password, language and colours of one person."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.org.access_reading import AUDIT, SECURITY
from anlan.org.account_requests import untold
from anlan.org.accounts import PasswordRefused, change_password
from anlan.org.credentials import Factor
from anlan.org.door import again, sessions
from anlan.org.door.factors import confirmed, has_factor
from anlan.org.door.outside import offered
from anlan.org.door.pace import LOCK_TIME, remember_browser
from anlan.org.door.passwords import is_expired
from anlan.org.models import Person, Unit
from anlan.org.oversight import seats
from anlan.org.policy import desks
from anlan.org.scope import Actor
from anlan.web.account_requests import line_of
from anlan.web.door_forms import NewPasswordForm, SignInForm
from anlan.web.place import default_place, find_place
from anlan.web.second_step import let_in, wait_for
from anlan.web.signed_in_again import asks_again_with_factor

YEAR_SECONDS = 365 * 24 * 3600


class SignIn(LoginView):
    """The door: user name and password. Whoever has a second factor is asked for it before the session begins."""

    authentication_form = SignInForm
    template_name = "anlan/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Begin the session, or ask for the second factor first."""
        person, now = form.get_user(), timezone.now()
        if has_factor(person):
            wait_for(self.request, person, next=self.get_redirect_url(), moment=now.timestamp())
            return redirect("web:factor")
        let_in(self.request, person, factor="", now=now)
        return known(self.request, HttpResponseRedirect(self.get_success_url()), person)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again; an attempt that came too soon is told when."""
        return _slowed(self.request, form, super().form_invalid(form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the outside sign-in services that are configured."""
        return super().get_context_data(**kwargs) | {"services": offered()}


def known(request: HttpRequest, answer: HttpResponse, person: Person) -> HttpResponse:
    """Let the browser be known from now on: other people's failures do not slow it."""
    remember_browser(answer, person.username, secure=bool(settings.SESSION_COOKIE_SECURE))
    return answer


class ChangePassword(PasswordChangeView):
    """A new password; the one-time password of a new account must be changed here first."""

    form_class = NewPasswordForm
    template_name = "anlan/password.html"
    success_url = reverse_lazy("web:start")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add why the page was opened; what the policy asks stands beside the field."""
        expired = is_expired(self.request.user, now=timezone.now())
        return super().get_context_data(**kwargs) | {"is_expired": expired}

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the request: the old password is looked at as at sign-in."""
        return super().get_form_kwargs() | {"request": self.request}

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again; an attempt that came too soon is told when."""
        return _slowed(self.request, form, super().form_invalid(form))

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password; the account is free to go on, here alone."""
        typed = form.cleaned_data
        here = sessions.key_of(self.request)
        try:
            change_password(form.user, typed["old_password"], typed["new_password1"], keeping=here)
        except PasswordRefused as refused:
            form.add_error({"old": "old_password", "new": "new_password1"}[refused.field], refused.messages)
            return self.form_invalid(form)
        sessions.keep(self.request, form.user)
        if not has_factor(form.user):  # the old password was just shown, and nothing else is asked of this person
            again.shown(self.request, form.user, now=timezone.now())
        messages.success(self.request, _("The new password holds from now on."))
        return HttpResponseRedirect(self.get_success_url())


def _slowed(request: HttpRequest, form: Any, answer: HttpResponse) -> HttpResponse:
    """Return the answer to a refused form of a password: a lock has its own page, a wait says how long."""
    if form.is_locked:
        return locked_out(request)
    if form.wait_seconds:
        answer.status_code = 429
        answer["Retry-After"] = str(form.wait_seconds)
    return answer


def locked_out(request: HttpRequest) -> HttpResponse:
    """Say that this user name is locked for this address, and for how long."""
    minutes = round(LOCK_TIME.total_seconds() / 60)
    return render(request, "anlan/locked.html", {"minutes": minutes}, status=429)


def start(request: HttpRequest) -> HttpResponse:
    """Open the place looked at last, or the own one; an administrator's is the administration, an officer's the log, a desk's its cases."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    place = default_place(request, actor)
    if place:
        return redirect("web:home", *place)
    seat = next(iter(seats(actor)), None)
    if seat is not None:
        return redirect("web:administration", seat.code, timezone.localdate().year)
    if actor.can(AUDIT, SECURITY):
        return redirect("web:access-log")
    if desks(actor) or actor.case_registers:
        return redirect("web:cases")
    return render(request, "anlan/no_place.html")


def me(request: HttpRequest) -> HttpResponse:
    """Show the person's account and posts, with the place looked at last still in the menus."""
    if place := default_place(request, request.actor):  # type: ignore[attr-defined]
        find_place(request, *place)
    person: Person = request.user  # type: ignore[assignment]
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        "posts": _posts(actor),
        "sessions": sessions.sessions_of(person, sessions.limits_for(actor), now=timezone.now()),
        "session_key": sessions.key_of(request),
        "done_by_others": [line_of(row, actor, now=timezone.now()) for row in untold(person)],
        "factors": confirmed(person).exclude(kind=Factor.Kind.RECOVERY),
    }
    return render(request, "anlan/me.html", context)


def _posts(actor: Actor) -> list[dict[str, Any]]:
    units = Unit.objects.in_bulk({grant.unit_id for grant in actor.grants})
    return [{"role": grant.role, "unit": units[grant.unit_id]} for grant in actor.grants if grant.unit_id in units]


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End every other session of one's own."""
    sessions.end_others(request, request.user)  # type: ignore[arg-type]
    messages.success(request, _("Your other sessions have ended."))
    return redirect("web:me")


class SignOut(LogoutView):
    """The way out."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """End the session."""
        sessions.close(request)
        return super().post(request, *args, **kwargs)


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language and stay on the page."""
    answer = _back(request)
    code = request.POST.get("language", "")
    if check_for_language(code) and code in dict(settings.LANGUAGES):
        _remember(answer, settings.LANGUAGE_COOKIE_NAME, code)
    return answer


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Switch between light and dark colours and stay on the page."""
    answer = _back(request)
    _remember(answer, settings.ANLAN_THEME_COOKIE_NAME, "dark" if request.POST.get("theme") == "dark" else "light")
    return answer


def _back(request: HttpRequest) -> HttpResponseRedirect:
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(target if is_ours else "/")


def _remember(answer: HttpResponse, name: str, value: str) -> None:
    secure = bool(settings.SESSION_COOKIE_SECURE)
    answer.set_cookie(name, value, max_age=YEAR_SECONDS, samesite="Lax", httponly=True, secure=secure)


SignInView = method_decorator(login_not_required, name="dispatch")(SignIn)
ChangePasswordView = method_decorator(asks_again_with_factor, name="dispatch")(ChangePassword)
