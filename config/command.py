"""The console script `anlan`: mounts the commands, turns known errors into one clear line and an exit code.

Exit codes: 0 done, 1 bad input (the user can mend it), 2 failed.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

COMMANDS = (
    "serve",
    "demo",
    "score",
    "lint",
    "import",
    "template",
    "registers",
    "organisation",
    "account",
    "access-log",
    "worker",
    "keys",
    "backup",
    "restore",
    "restore-drill",
    "lake",
    "check",
    "verify",
    "seal",
    "export-score",
    "receipt",
    "archive",
    "witness",
)
MODULES = {
    "import": "import_sheet",
    "access-log": "access_log",
    "export-score": "export_score",
    "restore-drill": "restore_drill",
}
# These begin only where the database has the tables of this version. The others need none, prepare it themselves, or need one
# for some of their arguments and ask then.
ON_A_PREPARED_DATABASE = frozenset(
    ("score", "import", "account", "access-log", "worker", "keys", "lake", "seal", "export-score", "receipt", "archive")
)
DONE, BAD_INPUT, FAILED = 0, 1, 2


class Parser(argparse.ArgumentParser):
    """argparse with the exit code of this program for wrong arguments."""

    def error(self, message: str) -> "argparse.NoReturn":  # type: ignore[name-defined]
        """Print usage and the fault, and end with the code for bad input."""
        self.print_usage(sys.stderr)
        self.exit(BAD_INPUT, f"{self.prog}: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command mounted."""
    parser = Parser(
        prog="anlan",
        description="Anlan 安澜 runs a safe-hospital programme. `anlan COMMAND --help` explains a command.",
    )
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True, parser_class=Parser
    )
    for name in COMMANDS:
        module = importlib.import_module(f"config.commands.{MODULES.get(name, name)}")
        child = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(child)
        child.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    args = build_parser().parse_args(arguments)
    import django

    django.setup()
    from config.faults import as_exit_code
    from config.language import speaking
    from config.readiness import require_prepared

    with speaking("en"), as_exit_code() as outcome:
        if args.command in ON_A_PREPARED_DATABASE:
            require_prepared()
        outcome.code = args.run(args)
    return outcome.code


if __name__ == "__main__":
    sys.exit(main())
