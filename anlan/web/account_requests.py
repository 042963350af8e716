"""What takes two people, as pages show it: the line of a request, in words, and what its reader may do."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.org.account_requests import first_half, gives_password, may_decide, requests_for
from anlan.org.credentials import AccountRequest
from anlan.org.models import HAS_ACCOUNT, Person, Post, Unit
from anlan.org.roles import find_role
from anlan.org.scope import Actor
from anlan.web.place import unit_name

State, Act = AccountRequest.State, AccountRequest.Act
TONES = {
    State.WAITING: "attention",
    State.DONE: "done",
    State.REFUSED: "line",
    State.WITHDRAWN: "line",
    State.EXPIRED: "line",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One request: what was asked for in words, by whom, what became of it, and what this reader may do."""

    row: AccountRequest
    what: str
    asked_by: str
    decided_by: str
    state: str
    tone: str
    may_approve: bool
    is_own: bool
    half: str
    warning: str


def line_of(row: AccountRequest, actor: Actor, *, now: dt.datetime) -> Line:
    """Return a request as the actor sees it. Only the one who asked sees the half of the password that is theirs."""
    is_own = row.asked_by_id is not None and row.asked_by_id == actor.person_id
    is_over = row.state == State.WAITING and row.ends_at <= now
    state = State.EXPIRED if is_over else State(row.state)
    is_useful = state == State.WAITING or (state == State.DONE and row.person.must_change_password)
    return Line(
        row=row,
        what=words_of(row),
        asked_by=_who(row.asked_by),
        decided_by=_("nobody else could approve it")
        if row.is_alone
        else _who(row.decided_by)
        if row.decided_at and state not in (State.EXPIRED, State.WITHDRAWN)  # nobody decided
        else "",
        state=str(state.label),
        tone=TONES[state],
        may_approve=may_decide(actor, row, now=now),
        is_own=is_own and state == State.WAITING,
        half=first_half(row) if is_own and is_useful and gives_password(row) else "",
        warning=_warning(row) if state == State.WAITING else "",
    )


def lines_for(actor: Actor, *, now: dt.datetime) -> tuple[list[Line], list[Line]]:
    """Return the requests that wait and those that are over, the newest first."""
    lines = [line_of(row, actor, now=now) for row in requests_for(actor, now=now)]
    waiting = [line for line in lines if line.row.state == State.WAITING and line.row.ends_at > now]
    return waiting, [line for line in lines if line not in waiting]


def words_of(row: AccountRequest) -> str:
    """Return what was asked for: the act, and of a post its role, unit and days."""
    details: dict[str, Any] = row.details
    words = [str(Act(row.act).label)]
    if row.act == Act.GIVE:
        unit = Unit.objects.filter(pk=details["unit"]).first()
        words += [str(find_role(details["role"]).name), unit_name(unit) if unit else ""]
        words += [_("from %(day)s") % {"day": details["starts_on"]}]
    if row.act == Act.END:
        post = Post.objects.select_related("unit").filter(pk=details["post"]).first()
        words += [str(find_role(post.role).name), unit_name(post.unit)] if post else []
    if row.act == Act.LINK:
        words += [details["provider"], details["subject"] or _("untied")]
    if details.get("ends_on"):
        words += [_("no longer from %(day)s") % {"day": details["ends_on"]}]
    return " · ".join(filter(None, words))


def _who(person: Person | None) -> str:
    return person.name if person is not None else _("Command line")


def _warning(row: AccountRequest) -> str:
    """Return what whoever approves should know of the account: that it never came in by itself, or what it loses."""
    if row.act == Act.GIVE and row.details.get("renews"):
        return _(
            "With the post the account gets a new one-time password in two halves; its second factor and ties are removed."
        )
    has_own = Person.objects.filter(HAS_ACCOUNT, pk=row.person_id, must_change_password=False).exists()
    return "" if has_own else _("Nobody has signed in to this account with a password of their own yet.")
