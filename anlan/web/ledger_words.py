"""What is wrong with a witness, in the words of the page. The ledger keeps it as its log and the command line say it."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anlan.ledger.status import LedgerStatus, WitnessStatus

_FAULTS = (
    (re.compile(r"does not answer: (?P<detail>.*)", re.S), gettext_noop("It does not answer.")),
    (
        re.compile(r"answered, but not with its cosignature: (?P<detail>.*)", re.S),
        gettext_noop("It answered, but not with its cosignature. Compare its key with the one in ANLAN_WITNESSES."),
    ),
    (re.compile(r"answers (?P<detail>\d{3}.*)", re.S), gettext_noop("It refuses the checkpoint.")),
    (
        re.compile(r"cannot be shown a proof (?P<detail>.*)", re.S),
        gettext_noop("No proof can be made for it: the tree has a gap. Run anlan check."),
    ),
    (
        re.compile(r"cosigned (?P<detail>.*)", re.S),
        gettext_noop("What it cosigned contradicts this database; the alarms say how."),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessLine:
    """One witness of the page: what is wrong with it in words, empty for nothing, and what the computer said."""

    status: WitnessStatus
    fault: str
    detail: str


def witness_lines(status: LedgerStatus) -> tuple[WitnessLine, ...]:
    """Return the witnesses in the order of the setting."""
    return tuple(_line(one) for one in status.witnesses)


def is_in_order(status: LedgerStatus) -> bool:
    """Tell whether nobody has to look: nothing is wrong with the ledger, and every witness on the network cosigns in time."""
    return status.is_well and not any(one.is_silent for one in status.witnesses)


def _line(one: WitnessStatus) -> WitnessLine:
    for pattern, words in _FAULTS:
        if found := pattern.fullmatch(one.fault):
            return WitnessLine(status=one, fault=_(words), detail=found["detail"])
    return WitnessLine(status=one, fault=one.fault, detail="")
