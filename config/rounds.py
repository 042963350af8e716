"""The rounds that a worker carries out every second: those of the ledger, and the backup of the day."""

from collections.abc import Callable

from anlan.ledger.rounds import ledger_rounds
from config.backup.schedule import backup_rounds


def all_rounds() -> tuple[Callable[[], object], ...]:
    """Return the rounds of one process."""
    return (*ledger_rounds(), *backup_rounds())
