"""The rounds that a worker carries out every second, in two threads: those that must not wait, and those that may take a while."""

from collections.abc import Callable

from anlan.flow.audit import audit_rounds
from anlan.flow.hindsight import look_back
from anlan.ledger.rounds import ledger_rounds, outside_rounds
from anlan.org.access_rounds import access_rounds
from anlan.org.account_request_rounds import account_request_rounds
from anlan.org.door.rounds import door_rounds
from config.backup.schedule import backup_rounds

Rounds = tuple[Callable[[], object], ...]


def all_rounds() -> Rounds:
    """Return what comes every second: the access log, the sequencer, signing, and whether a backup is due."""
    return (*access_rounds(), *ledger_rounds(), *backup_rounds())


def beside_rounds() -> Rounds:
    """Return what may wait for others or walk slowly: witnesses, the running audit, the door, the look back."""
    return (*outside_rounds(), *audit_rounds(), *door_rounds(), *account_request_rounds(), look_back)
