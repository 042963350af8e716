"""`anlan demo`: load the demo city into a new database, or give its accounts new one-time passwords."""

import argparse

HELP = "load the synthetic demo city into a new database"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--reset-passwords", action="store_true", help="give the demo accounts new one-time passwords")


def run(args: argparse.Namespace) -> int:
    """Load, or reset, and print the accounts."""
    from anlan.org.models import Unit
    from config.demo.load import reset_passwords
    from config.faults import BadInput
    from config.prepare import prepare
    from config.readiness import require_prepared

    if args.reset_passwords:
        require_prepared()
        accounts = reset_passwords()
    else:
        accounts = prepare(lambda text: print(f"Anlan: {text}", flush=True))
        if not accounts and not Unit.objects.filter(code="DEMO-C").exists():
            raise BadInput(
                "The database holds other institutions; the demo city goes only into a new one. Set ANLAN_HOME."
            )
    for username, password, who in accounts:
        print(f"{username:<10} {password:<18} {who}")
    if not accounts:
        print(
            "The demo city is there already; nothing was changed. `anlan demo --reset-passwords` gives new passwords."
        )
    return 0
