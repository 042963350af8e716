"""`anlan serve`: prepare the database, load the demo city once, and serve everything on one port."""

import argparse
import os
import socket
import sys

from config.arguments import port

HELP = "prepare the database, load the demo city at first start, and serve on one port"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--host", default=os.environ.get("HOST", "127.0.0.1"), help="address to listen on (default 127.0.0.1, or HOST)"
    )
    parser.add_argument(
        "--port", type=port, default=os.environ.get("PORT") or "8000", help="port (default 8000, or PORT)"
    )
    parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    import uvicorn

    from anlan.org.worker import background_rounds, background_worker
    from config.faults import BadInput
    from config.language import as_on_pages
    from config.prepare import prepare
    from config.rounds import all_rounds, beside_rounds

    if refused := _refused(args.host, args.port):
        raise BadInput(
            f"Anlan cannot listen on {args.host}, port {args.port}: {refused}. Choose with --host and --port."
        )
    accounts = prepare(lambda text: print(f"Anlan: {text}", flush=True), with_demo=not args.no_demo)
    _announce(args.host, args.port, accounts)
    with as_on_pages(), background_worker(), background_rounds(all_rounds()), background_rounds(beside_rounds()):
        uvicorn.run(
            "config.asgi:application",
            host=args.host,
            port=args.port,
            log_level="warning",
            lifespan="off",
            server_header=False,
        )
    return 0


def _refused(host: str, port: int) -> str:
    """Return why one cannot listen there; empty when one can."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _standing_accounts() -> str:
    """Say what there is where no account was made now, and what leads in."""
    from anlan.org.models import HAS_ACCOUNT, Person

    people = Person.objects.filter(HAS_ACCOUNT)
    if people.filter(is_synthetic=True).exists():
        return "as before. `anlan demo --reset-passwords` gives the demo accounts new one-time passwords."
    if people.exists():
        return "as before. `anlan account NAME --one-time-password` gives one a new password."
    return (
        "none yet. Write down who there is in a file and run `anlan organisation FILE`; docs/operations.md shows one."
    )


def _announce(host: str, port: int, accounts: tuple[tuple[str, str, str], ...]) -> None:
    from django.conf import settings

    print(f"\n  Anlan 安澜   http://{host}:{port}/\n  State in     {settings.HOME.path}\n")
    if accounts:
        print(
            "  Accounts of the demo city, each with a one-time password (shown once, also in accounts.txt of that folder):\n"
        )
        for username, password, who in accounts:
            print(f"    {username:<10} {password:<18} {who}")
        print("\n  Who reviews, audits or administers sets up a second factor at the first sign-in;")
        print("  these people are made up, so the page shows the code that a telephone would.\n")
    else:
        print(f"  Accounts: {_standing_accounts()}\n")
    print("  Ctrl-C stops.\n", flush=True)
    sys.stdout.flush()
