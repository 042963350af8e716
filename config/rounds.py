"""The rounds that a worker carries out every second, in two threads: those that must not wait, and those that may take a while."""

from collections.abc import Callable, Mapping

from anlan.assessment.seal_audit import drift_of_seals
from anlan.flow.audit import audit_rounds
from anlan.flow.drifts import Look
from anlan.flow.hindsight import look_back
from anlan.flow.unowned import unowned_rounds
from anlan.ledger.rounds import ledger_rounds, outside_rounds
from anlan.org.access_rounds import access_rounds
from anlan.org.account_request_rounds import account_request_rounds
from anlan.org.door.rounds import door_rounds
from config.backup.copies import copies_rounds
from config.backup.schedule import backup_rounds

AUDITED: Mapping[str, Look] = {"seals": drift_of_seals}  # what rooms above the flow let the running audit look at
Rounds = tuple[Callable[[], object], ...]


def all_rounds() -> Rounds:
    """Return what comes every second: the access log, the sequencer, signing, and whether a backup is due."""
    return (*access_rounds(), *ledger_rounds(), *backup_rounds())


def beside_rounds() -> Rounds:
    """Return what may wait or walk slowly: witnesses, audit, sign-in, files without a record, the look back, left copies."""
    beside = (*outside_rounds(), *audit_rounds(beside=AUDITED), *door_rounds(), *account_request_rounds())
    return (*beside, *unowned_rounds(), look_back, *copies_rounds())
