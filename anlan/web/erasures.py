"""Lawful erasure on screen: the form of a request, the requests that wait, and the tombstone of an erased record."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.erasure import MAY_APPROVE, MAY_ASK, entry_position, may_approve, may_end, sees, with_people
from anlan.flow.grounds import Ground, all_grounds
from anlan.flow.models import Erasure
from anlan.flow.spec import all_registers, find_register
from anlan.ledger.erased import APPROVALS
from anlan.org.models import Institution
from anlan.org.policy import institutions_for, may
from anlan.web.place import Place

SHOWN = 100


class ErasureForm(forms.Form):
    """Legal ground and reason of a request."""

    ground = forms.ChoiceField(label=_("Legal ground"), widget=forms.Select({"class": "form-select"}))
    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea({"class": "form-control", "rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grounds = [(one.code, f"{one.instrument} · {one.article}: {one.text}") for one in all_grounds().values()]
        self.fields["ground"].choices = [("", "—"), *grounds]  # type: ignore[attr-defined]
        self.fields["reason"].help_text = _("It stays on the tombstone: do not repeat what the record says.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who asked, approved or refused, and when."""

    who: str
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureLine:
    """A request or a tombstone as this person sees it; `url` leads to the record's address."""

    erasure: Erasure
    register: str
    state: str
    ground: Ground | None
    asked: Signature
    approvals: tuple[Signature, ...]
    needed: int
    refused: Signature | None
    position: int | None
    url: str
    approve_url: str
    refuse_url: str
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasuresPage:
    """What waits at a place, and what was decided, the newest first."""

    waiting: tuple[ErasureLine, ...]
    decided: tuple[ErasureLine, ...]


def can_look_at_erasures(place: Place) -> bool:
    """Tell whether a post of the person asks for or approves erasures at the place."""
    return any(grant.role.answers_to((*MAY_ASK, *MAY_APPROVE)) for grant in place.actor.grants) and bool(
        place.institution is None or _looks_at(place, place.institution)
    )


def erasures_page(place: Place) -> ErasuresPage:
    """Return the requests and tombstones of the institutions and registers for which the person asks or approves."""
    lines = [erasure_line(row, place) for row in _rows(place)]
    return ErasuresPage(
        waiting=tuple(line for line in lines if line.erasure.state == Erasure.State.REQUESTED),
        decided=tuple(line for line in lines if line.erasure.state != Erasure.State.REQUESTED),
    )


def waiting_for_approval_of(place: Place) -> list[ErasureLine]:
    """Return the requests that wait for this person's decision; one query where nothing waits anywhere."""
    is_any = Erasure.objects.filter(state=Erasure.State.REQUESTED).exists()
    if not is_any or not can_look_at_erasures(place):
        return []
    return [line for line in erasures_page(place).waiting if line.approve_url]


def erasure_line(row: Erasure, place: Place) -> ErasureLine:
    """Return one request or tombstone as the person sees it."""
    decides = may_approve(place.actor, row)
    ends = may_end(place.actor, row)
    refused = Signature(who=row.refused_by.name, at=row.decided_at) if row.refused_by and row.decided_at else None
    return ErasureLine(
        erasure=row,
        register=str(find_register(row.register).name),
        state=str(Erasure.State(row.state).label),
        ground=all_grounds().get(row.ground),
        asked=Signature(who=row.requested_by.name, at=row.requested_at),
        approvals=tuple(Signature(who=one.by.name, at=one.at) for one in row.approvals.all()),
        needed=APPROVALS,
        refused=refused,
        position=entry_position(row),
        url=place.url("record", row.register, row.record_uid),
        approve_url=place.url("erasure-decide", row.uid, "approve") if decides else "",
        refuse_url=place.url("erasure-decide", row.uid, "refuse") if ends else "",
        is_own=row.requested_by_id == place.actor.person_id,
    )


def find_erasure(place: Place, uid: Any) -> Erasure | None:
    """Return a request that the person may look at; null for any other."""
    return next((row for row in _rows(place, uid=uid)), None)


def _rows(place: Place, *, uid: Any = None) -> list[Erasure]:
    within = [place.institution] if place.institution is not None else institutions_for(place.actor)
    seen = Q(pk__in=[])
    for one in within:
        if one.unit.path.startswith(place.unit.path):
            codes = [spec.code for spec in all_registers() if _looks_at(place, one, spec.sensitivity)]
            seen |= Q(institution=one, register__in=codes) if codes else Q(pk__in=[])
    rows = Erasure.objects.filter(seen, **({"uid": uid} if uid else {}))
    found = with_people(rows).order_by("-requested_at")[:SHOWN]
    return [row for row in found if sees(place.actor, row)]


def _looks_at(place: Place, institution: Institution, *sensitivity: Any) -> bool:
    named = {"sensitivity": sensitivity[0]} if sensitivity else {}
    return may(place.actor, (*MAY_ASK, *MAY_APPROVE), institution=institution, **named)
