"""`anlan worker`: carry out queued work (imports, recounts) and place ledger entries, in a process of its own.

`anlan serve` has one built in.
"""

import argparse
import signal
import threading

HELP = "carry out queued work in a process of its own"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--once", action="store_true", help="carry out what is due now, then end")


def run(args: argparse.Namespace) -> int:
    """Work until stopped by Ctrl-C or TERM; the job under way is finished first."""
    from django.utils import timezone

    from anlan.org.jobs import run_next
    from anlan.org.worker import background_rounds, carry_out, run_worker
    from config.language import as_on_pages
    from config.rounds import all_rounds, beside_rounds

    if args.once:
        count = 0
        with as_on_pages():
            while run_next(now=timezone.now()):
                count += 1
            went_well = [carry_out(work) for work in (*all_rounds(), *beside_rounds())]
        print(f"{count} jobs carried out.")
        return 0 if all(went_well) else 2
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    print("The worker waits for jobs. Ctrl-C stops it.", flush=True)
    with as_on_pages(), background_rounds(all_rounds()), background_rounds(beside_rounds()):
        run_worker(stop)
    return 0
