"""What an institution is, by its ledger entries: class, staff, beds and the rest, as a seal takes them and a stranger reads them again.

The entries of a unit merged in their order give every attribute. The row of the database is compared with them before anything is
sealed: who changes the class by SQL changes no score.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from anlan.assessment.errors import DoesNotHold
from anlan.flow.replay import Replayed
from anlan.org.events import subject_uid
from anlan.org.models import Institution

REGISTER = "org.unit"


def profile_uid(code: str) -> UUID:
    """Return the receipt under which the entries of an institution's unit stand."""
    return subject_uid(REGISTER, code)


def attributes_told(told: Replayed, names: Iterable[str]) -> dict[str, Any]:
    """Return the named attributes as the entries tell them; those that no entry tells are left out."""
    values = {**told.values, "code": told.values.get("institution_code", told.values.get("code"))}
    return {name: values[name] for name in names if values.get(name) is not None}


def profile_faults(sealed: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield (attribute, value here, value by the entries; null where none tells it) for what differs."""
    for name, value in sealed.items():
        if type(value) is not type(told.get(name)) or value != told.get(name):
            yield name, value, told.get(name)


def refuse_other_profile(institution: Institution, names: Iterable[str], told: Replayed | None) -> dict[str, Any]:
    """Return the attributes by the entries. Raises: DoesNotHold when the row says something else, or no entry tells one."""
    row = {name: getattr(institution, name) for name in names}
    found = {} if told is None else attributes_told(told, row)
    faults = [f"{name}: {here} / {there}" for name, here, there in profile_faults(row, found)]
    if faults:
        message = _(
            "The score cannot be sealed: the profile of %(code)s is not what its ledger entries say (%(faults)s). Correct it on the "
            "page of the unit; where the entries say nothing (None), run `anlan check`."
        )
        raise DoesNotHold(message % {"code": institution.code, "faults": "; ".join(faults)})
    return found
