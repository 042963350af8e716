"""`anlan account`: a one-time password, the end of a lock, a lost second factor, or the end of an account, for one person."""

import argparse
import json

HELP = "give an account a one-time password, unlock it, reset its second factor, deactivate it or reactivate it"
# Option → act.
STEPS = {
    "one_time_password": "password",
    "reset_second_factor": "factors",
    "link": "link",
    "unlock": "unlock",
    "deactivate": "deactivate",
    "reactivate": "reactivate",
}
DONE = {
    "link": "the tie to the sign-in service is changed",
    "reset_second_factor": "the second factor is reset",
    "unlock": "unlocked",
    "deactivate": "deactivated",
    "reactivate": "reactivated",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("username", metavar="USERNAME", help="user name of the person")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--one-time-password", action="store_true", help="print a new one-time password; lifts a lock too"
    )
    what.add_argument(
        "--reset-second-factor",
        action="store_true",
        help="take lost second factors away; the next sign-in sets up new ones",
    )
    what.add_argument("--unlock", action="store_true", help="lift the lock after wrong passwords")
    what.add_argument("--deactivate", action="store_true", help="take the account away; what it recorded stays")
    what.add_argument("--reactivate", action="store_true", help="give a deactivated account back")
    what.add_argument(
        "--link",
        type=_tie,
        metavar="SERVICE=SUBJECT",
        help="tie the account to a subject of a sign-in service; SERVICE= unties",
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _tie(text: str) -> str:
    if "=" not in text:
        raise argparse.ArgumentTypeError(f'"{text}" names no subject; write SERVICE=SUBJECT, or SERVICE= to untie')
    return text


def run(args: argparse.Namespace) -> int:
    """Do it as the system and say what was done; for an officer or a reviewer, ask for a second person's approval on screen."""
    from difflib import get_close_matches

    from anlan.ledger.entry import Origin
    from anlan.org.account_requests import change
    from anlan.org.models import Person
    from anlan.org.scope import as_system

    person = Person.objects.filter(username=args.username).first()
    if person is None:
        near = get_close_matches(args.username, Person.objects.values_list("username", flat=True), n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise LookupError(f'There is no person with the user name "{args.username}".{hint}')
    step = next(name for name in STEPS if getattr(args, name))
    more = dict(zip(("provider", "subject"), args.link.partition("=")[::2], strict=True)) if args.link else {}
    with as_system("command line") as by:
        made = change(person, STEPS[step], by=by, origin=Origin(kind="system"), **more)
    if made.is_done:
        _print(args.username, step, made.password, as_json=args.json)
    else:
        _print_waiting(args.username, step, made.password, as_json=args.json)
    return 0


def _print_waiting(username: str, step: str, first_half: str, *, as_json: bool) -> None:
    if as_json:
        said = {"username": username, "waiting": step} | ({"first_half": first_half} if first_half else {})
        print(json.dumps(said, ensure_ascii=False))
        return
    print(
        f"{username}: this account takes two people. An officer approves it on screen, under account requests, within a day."
    )
    if first_half:
        print(f"{first_half}  is the first half of the one-time password; who approves gets the second.")


def _print(username: str, step: str, password: str, *, as_json: bool) -> None:
    if as_json:
        said = {"username": username, "done": step} | ({"password": password} if password else {})
        print(json.dumps(said, ensure_ascii=False))
    elif password:
        print(f"{username}  {password}\nIt serves for one sign-in and is shown only here.")
    else:
        print(f"{username}: {DONE[step]}.")
