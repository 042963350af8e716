"""Signing in and out, the password, language and colours of one person."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
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
from anlan.org.oversight import seats
from anlan.org.policy import desks
from anlan.org.scope import Actor
from anlan.web.forms import SignInForm
from anlan.web.place import default_place, find_place

YEAR_SECONDS = 365 * 24 * 3600


class SignIn(LoginView):
    """The door."""

    authentication_form = SignInForm
    template_name = "anlan/sign_in.html"
    redirect_authenticated_user = True


class ChangePassword(PasswordChangeView):
    """A new password; the one-time password of a new account must be changed here first."""

    template_name = "anlan/password.html"
    success_url = reverse_lazy("web:start")

    def get_form(self, form_class: Any = None) -> PasswordChangeForm:
        """Return the form with our look."""
        form = super().get_form(form_class)
        for field in form.fields.values():
            field.widget.attrs["class"] = "form-control"
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password; the account is free to go on."""
        form.user.must_change_password = False
        answer = super().form_valid(form)
        messages.success(self.request, _("The new password holds from now on."))
        return answer


@login_not_required
def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Say that this user name is locked for this address, and for how long."""
    minutes = round(float(settings.AXES_COOLOFF_TIME) * 60)
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
    return render(request, "anlan/me.html", {"actor": request.actor})  # type: ignore[attr-defined]


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
    _remember(answer, "theme", "dark" if request.POST.get("theme") == "dark" else "light")
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
