"""The rounds of the ledger: what the worker does every second beside its jobs. `anlan serve` and `anlan worker` start them."""

from collections.abc import Callable

from anlan.ledger.sequencer import Sequencer

PLACING_SECONDS = 2.0  # with the second between two rounds and the signature well below the five that a write may wait


def ledger_rounds() -> tuple[Callable[[], object], ...]:
    """Return the rounds of one process: placing entries in the tree, then signing the newest head.

    They stand apart: entries are placed also while the key cannot be read.
    """
    sequencer = Sequencer()

    def place_entries() -> int:
        return sequencer.run(within_seconds=PLACING_SECONDS)

    return (place_entries, sign_newest_head)


def outside_rounds() -> tuple[Callable[[], object], ...]:
    """Return the rounds that wait for other machines. They get a thread of their own: a witness that hangs must not hold up a head."""
    return (show_to_witnesses,)


def show_to_witnesses() -> int:
    """Send the newest checkpoint to the witnesses; each at most every minute."""
    from django.conf import settings

    if not settings.ANLAN_WITNESSES:
        return 0
    from django.utils import timezone

    from anlan.ledger.witnessed import ask_witnesses

    return ask_witnesses(now=timezone.now())


def sign_newest_head() -> bool:
    """Sign the newest head."""
    from anlan.ledger.signing import sign_newest

    return sign_newest()
