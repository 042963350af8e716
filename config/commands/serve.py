"""`anlan serve`: prepare the database, load the demo city once, and serve everything on one port."""

import argparse
import os
import socket
import sys
from pathlib import Path

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
    from django.db import connection

    from anlan.org.worker import background_rounds, background_worker
    from config.language import as_on_pages
    from config.prepare import prepare
    from config.rounds import all_rounds, beside_rounds

    _require_proxy_for_tls()
    sockets = _sockets(args.host, args.port)
    _close_to_others()
    accounts = prepare(lambda text: print(f"Anlan: {text}", flush=True), with_demo=not args.no_demo)
    _announce(args.host, args.port, accounts)
    connection.close()  # this thread asks no more
    with as_on_pages(), background_worker(), background_rounds(all_rounds()), background_rounds(beside_rounds()):
        from config.asgi import application
        from config.server.run import serve

        serve(application, sockets)
    return 0


def _require_proxy_for_tls() -> None:
    from django.conf import settings

    from config.faults import BadInput

    if settings.SECURE_TLS and not settings.ANLAN_TRUSTED_PROXIES:
        raise BadInput(
            "ANLAN_TLS=1 needs a proxy that ends TLS, and ANLAN_TRUSTED_PROXIES names none: no request would count as HTTPS. "
            "Set it to the proxy's address, for example 127.0.0.1 (docs/proxy.md)."
        )


def _sockets(host: str, port: int) -> list[socket.socket]:
    """Return the bound sockets: the common one, and the watchers' where there is one. Raises: BadInput."""
    from django.conf import settings

    from config.faults import BadInput
    from config.server.run import listen

    places = [(host, port, "Choose with --host and --port")]
    if settings.ANLAN_METRICS_LISTEN:
        places.append((*settings.ANLAN_METRICS_LISTEN, "Choose with ANLAN_METRICS_LISTEN"))
    if len({place[1] for place in places}) < len(places):
        raise BadInput(f"ANLAN_METRICS_LISTEN names port {port}, on which the pages are served. Choose another one.")
    bound = []
    for name, number, advice in places:
        try:
            bound.append(listen(name, number))
        except OSError as error:
            raise BadInput(
                f"Anlan cannot listen on {name}, port {number}: {error.strerror or error}. {advice}."
            ) from error
    return bound


def _close_to_others() -> None:
    """Put the rights of a standing home right before anything is served. Raises: BadInput where that cannot be done."""
    from django.conf import settings

    from config.faults import BadInput

    database = settings.DATABASES["default"]
    files = [Path(database["NAME"])] if database["ENGINE"].endswith("sqlite3") else []
    try:
        closed = settings.HOME.close_to_others(*files)
    except OSError as error:
        raise BadInput(
            f"{error.filename} may be read by others, and this user cannot change that ({error.strerror}). "
            "Give the folder of ANLAN_HOME to the user that Anlan runs as (chown -R)."
        ) from error
    if closed:
        print(f"Anlan: {closed} files and folders of {settings.HOME.path} were open to other users; they are not now.")


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
