"""Signing in again in a session that is open: the password first, then the second factor where there is one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from anlan.org.door import again
from anlan.org.door.factors import has_factor
from anlan.org.door.outside import offered
from anlan.org.models import Person
from anlan.web.door_forms import AgainForm
from anlan.web.signed_in_again import safe_next
from anlan.web.views.account import locked_out


@never_cache
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Ask for the password of the person who is signed in, then lead on.

    Somebody without a password of ours shows the second factor alone, or comes in again through the service outside.
    """
    person: Person = request.user  # type: ignore[assignment]
    wanted = safe_next(request, request.GET.get("next", ""))
    has_password, now = person.has_usable_password(), timezone.now()
    form = AgainForm(request, person, request.POST or None)
    if request.method == "POST" and (not has_password or form.is_valid()):
        if has_factor(person):
            again.half_shown(request, person, now=now, next=wanted)
            return redirect("web:factor")
        if has_password:
            again.shown(request, person, now=now)
            return redirect(wanted)
    if form.is_locked:
        return locked_out(request)
    context = {"form": form, "has_password": has_password, "has_factor": has_factor(person), "wanted": wanted}
    context["services"] = () if has_password else offered()
    answer = render(request, "anlan/again.html", context, status=422 if form.errors else 200)
    if form.wait_seconds:
        answer.status_code, answer["Retry-After"] = 429, str(form.wait_seconds)
    return answer
