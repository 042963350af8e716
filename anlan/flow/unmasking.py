"""Opening masked names with a reason. Every opening stands in the access log, and the institution's protector is told."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from anlan.flow.cases import case_of, item_of
from anlan.flow.errors import InvalidData
from anlan.flow.masking import plain
from anlan.flow.noting import note_told
from anlan.flow.register import Register
from anlan.flow.spec import spec_of
from anlan.org.access import note_unmask
from anlan.org.errors import NotAllowed
from anlan.org.policy import may_unmask
from anlan.org.scope import Actor

LEAST_REASON = 5  # letters: "工作需要" alone says nothing


def openable(record: Register, *, to: Actor) -> tuple[str, ...]:
    """Return the masked columns of a record that the actor may open; empty for those who may open none."""
    spec, case = spec_of(record), case_of(record, actor=to)
    return tuple(name for name in spec.identity if may_unmask(to, case, item_of(spec, name)))


def unmask(record: Register, columns: Sequence[str], *, by: Actor, reason: str) -> dict[str, object]:
    """Return the values of masked columns, and note who opened them and why. The record must come from a scoped query.

    Raises: NotAllowed where the actor may open one of them not; InvalidData without a reason or a column.
    """
    able = openable(record, to=by)
    if not able or not set(columns) <= set(able):
        raise NotAllowed(
            "flow.E050", f"{by.name} may not open these columns of {spec_of(record).name} {record.number}."
        )
    if not columns:
        raise InvalidData("flow.E051", _("Choose what to open."), fields={"fields": [_("Choose what to open.")]})
    if len(reason.strip()) < LEAST_REASON:
        message = _(
            "Say why, in at least %(count)d letters: it is kept, and the protector of personal information reads it."
        )
        message %= {"count": LEAST_REASON}
        raise InvalidData("flow.E052", message, fields={"reason": [message]})
    chosen = tuple(name for name in able if name in columns)
    note_unmask(by, spec_of(record).code, record.uid, chosen, institution=record.institution, reason=reason.strip())
    note_told(record)
    return {name: plain(getattr(record, name)) for name in chosen}
