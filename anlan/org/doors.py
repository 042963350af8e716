"""Sign-ins, sign-outs, failures and locks for the access log. Whoever sees them happen says so; nothing is decided here."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from anlan.org.access import Access, note_sign_in
from anlan.org.models import Person, Post


def listen() -> None:
    """Connect the receivers; calling it twice changes nothing."""
    user_logged_in.connect(_came_in, dispatch_uid="anlan.came_in")
    user_logged_out.connect(_went_out, dispatch_uid="anlan.went_out")
    user_login_failed.connect(_failed, dispatch_uid="anlan.failed")


def wrong_factor(person: Person, request: HttpRequest) -> None:
    """Note that somebody showed a right password and a wrong second factor: the password may be known to a stranger."""
    _note(Access.Kind.FAILURE, person, request)


def locked(username: str, request: HttpRequest) -> None:
    """Note that a user name was locked at the address of the request."""
    _note(Access.Kind.LOCK, Person.objects.filter(username=username).first(), request, username)


def _came_in(sender: Any, request: HttpRequest | None, user: Any, **_: Any) -> None:
    _note(Access.Kind.SIGN_IN, user if isinstance(user, Person) else None, request)


def _went_out(sender: Any, request: HttpRequest | None, user: Any, **_: Any) -> None:
    if isinstance(user, Person):  # a session that had ended already signs out nobody
        _note(Access.Kind.SIGN_OUT, user, request)


def _failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    username = str(credentials.get("username") or "")
    _note(Access.Kind.FAILURE, Person.objects.filter(username=username).first(), request, username)


def _note(kind: str, person: Person | None, request: HttpRequest | None, username: str = "") -> None:
    """An unknown name is not kept: it may be a password typed into the wrong box, so only its length is."""
    path = ""
    if person is not None:
        path = (
            Post.objects.filter(person=person).order_by("-starts_on").values_list("unit__path", flat=True).first() or ""
        )
    elif username:
        username = f"? ({len(username)})"
    address = str(request.META.get("REMOTE_ADDR") or "")[:45] if request is not None else ""
    note_sign_in(person, kind, username=username, path=path, address=address)
