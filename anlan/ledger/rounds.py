"""The rounds of the ledger: what the worker does every second beside its jobs. `anlan serve` and `anlan worker` start them."""

from collections.abc import Callable

from anlan.ledger.sequencer import Sequencer


def ledger_rounds() -> tuple[Callable[[], object], ...]:
    """Return the rounds of one process: placing entries in the tree, then signing the newest head.

    They stand apart: entries are placed also while the key cannot be read.
    """
    sequencer = Sequencer()

    def place_entries() -> int:
        return sequencer.run()

    return (place_entries, sign_newest_head)


def sign_newest_head() -> bool:
    """Sign the newest head."""
    from anlan.ledger.signing import sign_newest

    return sign_newest()
