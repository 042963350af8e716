"""The access log: who read what is sensitive, opened masked names, took data out, changed rights, or came in.

Every room notes here with a `note_…` function, one row each; a page of a list is one row with its count. Rows are only
added: the database refuses to change one, and to delete one before its time (`anlan.org.access_keeping`). They hold ids and
words of the interface, never a value of a record. The audit officer reads them (`anlan.org.access_reading`).
"""

import datetime as dt
import uuid
from contextvars import ContextVar
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from anlan.org.scope import Actor

# The address from which the request came; the middleware sets it.
came_from: ContextVar[str] = ContextVar("anlan_came_from", default="")
LONGEST = 200


class Access(models.Model):
    """One access. `path` is the place in the tree that it concerns, empty where nobody knows; `count` is in records or rows."""

    class Kind(models.TextChoices):
        READ = "read", _("Sensitive record read")
        LIST = "list", _("Sensitive list read")
        UNMASK = "unmask", _("Masked names opened")
        EXPORT = "export", _("Data taken out")
        PERMISSION = "permission", _("Rights or accounts changed")
        SIGN_IN = "sign_in", _("Signed in")
        SIGN_OUT = "sign_out", _("Signed out")
        FAILURE = "failure", _("Sign-in failed")
        LOCK = "lock", _("Account locked")

    at = models.DateTimeField()
    kind = models.CharField(_("Kind"), max_length=12, choices=Kind.choices)
    person_id = models.BigIntegerField(null=True)
    who = models.CharField(_("Who"), max_length=80)
    path = models.CharField(max_length=255, blank=True)
    institution_id = models.BigIntegerField(null=True)
    register = models.CharField(_("Register"), max_length=40, blank=True)
    record_uid = models.UUIDField(null=True)
    what = models.CharField(_("What"), max_length=LONGEST, blank=True)
    count = models.PositiveIntegerField(_("Count"), default=1)
    reason = models.CharField(_("Reason"), max_length=LONGEST, blank=True)
    address = models.CharField(_("Address"), max_length=45, blank=True)

    class Meta:
        app_label = "org"
        verbose_name = _("Access")
        indexes = [
            models.Index(fields=["kind", "id"], name="org_access_kind"),  # the log narrowed to a kind, newest first
            models.Index(fields=["institution_id", "kind", "id"], name="org_access_place"),  # what a protector is told
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.kind} {self.who}"


class AccessDigest(models.Model):
    """A stretch of the log that an entry of the ledger vouches for: rows `first` to `last`, their number and SHA-256 (hex)."""

    first = models.BigIntegerField(unique=True)
    last = models.BigIntegerField()
    count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    entry_uid = models.UUIDField()

    class Meta:
        app_label = "org"

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"


class AccessCursor(models.Model):
    """How far the log was handed on to somebody, for example to syslog: the id of the last row that went."""

    name = models.CharField(max_length=20, primary_key=True)
    last = models.BigIntegerField(default=0)

    class Meta:
        app_label = "org"

    def __str__(self) -> str:
        return f"{self.name}: {self.last}"


# ── what the rooms call ─────────────────────────────────────────────────────────────────────────────────────────────


def note_read(
    actor: Actor,
    register: str,
    *,
    institution: Any,
    record_uid: uuid.UUID | None = None,
    count: int = 1,
    what: str = "",
) -> None:
    """Note that sensitive records were shown: one by its receipt, or so many of a list as one row."""
    kind = Access.Kind.READ if record_uid is not None else Access.Kind.LIST
    _note(actor, kind, register=register, record_uid=record_uid, institution=institution, count=count, what=what)


def note_export(
    actor: Actor, what: str, count: int, *, register: str = "", institution: Any = None, reason: str = ""
) -> None:
    """Note that data left the system: a file, a package, a report. `what` names it, `count` is in records or rows."""
    _note(actor, Access.Kind.EXPORT, what=what, count=count, register=register, institution=institution, reason=reason)


def note_unmask(
    actor: Actor, register: str, record_uid: uuid.UUID, columns: tuple[str, ...], *, institution: Any, reason: str
) -> None:
    """Note that masked columns of a record were opened, and why. The institution's protector is told of it."""
    _note(
        actor,
        Access.Kind.UNMASK,
        register=register,
        record_uid=record_uid,
        institution=institution,
        what=", ".join(columns),
        count=len(columns),
        reason=reason,
    )


def note_permission(actor: Actor, what: str, *, path: str, reason: str = "") -> None:
    """Note that somebody's rights or account, or a unit, changed; the ledger holds the values."""
    _note(actor, Access.Kind.PERMISSION, what=what, reason=reason, path=path)


def note_sign_in(person: Any, kind: str, *, username: str = "", path: str = "", address: str = "") -> None:
    """Note a sign-in, a sign-out, a failure or a lock. `person` is null where no such account exists."""
    Access.objects.create(
        at=timezone.now(),
        kind=kind,
        person_id=person.pk if person is not None else None,
        who=_short(username or getattr(person, "username", ""), 80),
        path=path,
        address=address or came_from.get(),
    )


def _note(actor: Actor, kind: str, *, institution: Any = None, path: str = "", **columns: Any) -> None:
    for name in ("what", "reason"):
        columns[name] = _short(columns.get(name, ""), LONGEST)
    Access.objects.create(
        at=timezone.now(),
        kind=kind,
        person_id=actor.person_id,
        who=_short(actor.name, 80),
        path=path or (institution.unit.path if institution is not None else _home(actor)),
        institution_id=institution.pk if institution is not None else None,
        address=came_from.get(),
        **columns,
    )


def _home(actor: Actor) -> str:
    return actor.grants[0].path if actor.grants else ""


def _short(text: str, most: int) -> str:
    """Return the text without NUL characters, cut to the column."""
    return str(text).replace("\x00", "")[:most]


def last_days(days: int, *, now: dt.datetime) -> models.Q:
    """Return the condition that keeps the newest days of the log."""
    return models.Q(at__gte=now - dt.timedelta(days=days))
