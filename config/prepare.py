"""Makes an installation ready: migrations, and the demo city when the database is new. Running it again changes nothing."""

import logging
from collections.abc import Callable

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from anlan.flow.drift_organisation import EVERY_KIND
from anlan.flow.rowsecurity import not_as_declared, secure_again
from anlan.ledger.kept import broken_promise
from anlan.ledger.store import log_hash
from anlan.org.baseline import ensure_baseline
from anlan.org.models import Unit
from anlan.org.scope import as_system
from config.content_entries import tell_content
from config.preparing import preparing

_log = logging.getLogger("anlan.ledger")


def prepare(say: Callable[[str], None], *, with_demo: bool = True) -> tuple[tuple[str, str, str], ...]:
    """Migrate what is not migrated and load the demo city into an empty tree.

    Returns the accounts made now as (user name, one-time password, who it is); empty when nothing was made. Several at once
    wait for each other.
    """
    with preparing(say):
        return _prepare(say, with_demo=with_demo)


def _prepare(say: Callable[[str], None], *, with_demo: bool) -> tuple[tuple[str, str, str], ...]:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database")
        call_command("migrate", verbosity=0)
    elif not_as_declared():  # a release may change a policy without any migration
        say("Putting the row-level policies of this release in place")
        secure_again()
    with as_system("start"):
        log_hash()  # refuses a setting that the log at hand does not have, before anything is served
        told = ensure_baseline(EVERY_KIND)
        differs = tell_content()
        wrong = broken_promise()
    if told is not None and told.total():
        counts = ", ".join(f"{name} {count:,}" for name, count in sorted(told.items()) if count)
        say(f"The ledger was told once what stands of the organisation; from today it is proven: {counts}")
    if differs:
        _log.critical("CONTENT: %s", ", ".join(differs))
        say(
            f"FILES OF THE CONTENT DIFFER without a new release ({len(differs)}): {', '.join(differs[:3])} … Run `anlan content`."
        )
    if wrong:
        _log.critical("LEDGER: %s", wrong)
        say(f"THE LEDGER IS NOT WHAT WAS WITNESSED: {wrong}. Run `anlan check`.")
    if not with_demo or Unit.objects.exists():
        return ()
    from config.demo.load import load_demo

    return load_demo(say)
