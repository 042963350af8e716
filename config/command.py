"""The console script `anlan`: mounts the commands, turns known errors into one clear line and an exit code.

Exit codes: 0 done, 1 bad input (the user can mend it), 2 failed.
"""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches

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
    "content",
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
    (
        "score",
        "import",
        "account",
        "access-log",
        "worker",
        "keys",
        "lake",
        "seal",
        "export-score",
        "receipt",
        "archive",
        "content",
    )
)
DONE, BAD_INPUT, FAILED = 0, 1, 2


class Parser(argparse.ArgumentParser):
    """argparse with the exit code of this program for wrong arguments."""

    def error(self, message: str) -> "argparse.NoReturn":  # type: ignore[name-defined]
        """Print usage and the fault, and end with the code for bad input."""
        self.print_usage(sys.stderr)
        self.exit(BAD_INPUT, f"{self.prog}: {message}\n")


class _Version(argparse.Action):
    """Prints the version of the installed package; looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"anlan {version('anlan')}")
        except PackageNotFoundError:
            print("anlan, from a checkout that is not installed")
        parser.exit(DONE)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command mounted."""
    parser = Parser(
        prog="anlan",
        description="Anlan 安澜 runs a safe-hospital programme. `anlan COMMAND --help` explains a command.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True, parser_class=Parser
    )
    for name in COMMANDS:
        module = importlib.import_module(f"config.commands.{MODULES.get(name, name)}")
        child = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(child)
        child.set_defaults(run=module.run, parser=child)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    _print_anywhere()
    try:
        return _run(_parsed(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        print("anlan: stopped.", file=sys.stderr)
        return FAILED


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = build_parser()
    if not words:
        parser.print_help(sys.stderr)
        parser.exit(BAD_INPUT)
    if not words[0].startswith("-") and words[0] not in COMMANDS:
        near = get_close_matches(words[0], COMMANDS, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else "`anlan --help` lists them."
        parser.exit(BAD_INPUT, f'anlan: there is no command "{words[0]}". {hint}\n')
    args, unknown = parser.parse_known_args(words)
    if unknown:  # said by the command, whose usage helps
        args.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return args


def _run(args: argparse.Namespace) -> int:
    import django

    from config.faults import as_exit_code, settings_fault

    if fault := settings_fault():
        print(f"anlan: {fault}", file=sys.stderr)
        return BAD_INPUT
    django.setup()
    from config.language import speaking
    from config.readiness import require_prepared

    with speaking("en"), as_exit_code() as outcome:
        if args.command in ON_A_PREPARED_DATABASE:
            require_prepared()
        outcome.code = args.run(args)
    return outcome.code


def _print_anywhere() -> None:
    """Let names in Chinese be printed where the terminal or file takes only ASCII: escaped, not with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
