"""Run in a process and a home of its own: writes a canary through every door, erases it, and ends. See test_erasure_canary.

What is printed goes to the test. The canary itself is never printed.
"""

import datetime as dt
import sys

import django


def main(canary: str) -> None:
    """Plant the canary in a record, its correction, its evidence and an imported sheet, then erase the records."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    from anlan.flow.hindsight import look_at_all
    from tests.world import build_world, employ

    world = build_world()
    people = {
        role: employ(role, role, role, unit)
        for role, unit in (
            ("office", world.hospital_a.unit),
            ("director", world.hospital_a.unit),
            ("reviewer", world.district_1),
        )
    }
    records = [_typed(world, people["office"], canary), *_imported(world, people["office"], canary)]
    look_at_all()
    for record in records:
        _erase(record, people)
    if connection.vendor == "sqlite":
        log = settings.HOME.database.with_name("anlan.sqlite3-wal")
        print("write-ahead log:", log.stat().st_size)


def _actor(person):
    from django.utils import timezone

    from anlan.org.posts import actor_for

    return actor_for(person, today=timezone.localdate())


def _typed(world, office, canary):
    """A hazard typed on screen, corrected, with a file, and brought to its end."""
    from anlan.flow.evidence import store
    from anlan.flow.perform import perform
    from anlan.org.scope import acting
    from tests.papers import pdf
    from tests.records import report_hazard

    by, at, day = _actor(office), dt.datetime(2020, 3, 10, 4, tzinfo=dt.UTC), dt.date(2020, 3, 12)
    hazard = report_hazard(world.hospital_a, by=by, at=at, occurred_on=dt.date(2020, 3, 9), description=f"{canary}一")
    picture = store("a.pdf", [pdf(canary)])
    with acting(by):
        perform(hazard, "correct", by=by, at=at, reason=f"{canary}理由", description=f"{canary}二", owner_post=canary)
        perform(hazard, "assign", by=by, at=at, owner_post=f"{canary}三")
        perform(hazard, "rectify", by=by, at=at, evidence=[picture], measures=f"{canary}四" * 200, rectified_on=day)
        perform(hazard, "verify", by=by, at=at, verified_on=day)
    return hazard


def _imported(world, office, canary):
    """Hazards from a sheet, which Anlan keeps, and a sheet of the same that was never written."""
    from anlan.exchange.check import check
    from anlan.exchange.commit import commit, note_report, open_batch
    from anlan.flow.perform import perform
    from anlan.flow.spec import find_register
    from anlan.org.scope import acting, as_system
    from anlan_cn.models import Hazard
    from tests.sheets import comma_text

    spec, by = find_register("hazard"), _actor(office)
    head = ("occurred_on", "area", "level", "description")
    good = comma_text(head, ("2020-04-01", "fire", "general", f"{canary}五"))
    bad = comma_text(head, ("2020-04-01", canary, "general", f"{canary}六"))
    with acting(by):
        refused = open_batch(spec, world.hospital_a, bad, name="bad.csv", by=by)
        note_report(refused, check(spec, world.hospital_a, bad, name="bad.csv", by=by))
        commit(check(spec, world.hospital_a, good, name="good.csv", by=by), by=by)
    with as_system("canary"):
        found = list(Hazard.objects.filter(batch__isnull=False).select_related("institution__unit"))
    for hazard in found:
        with acting(by):
            perform(hazard, "annul", by=by, reason=f"{canary}七")
    return found


def _erase(record, people) -> None:
    from anlan.flow.erasure import approve, request_erasure

    asked = request_erasure(record, by=_actor(people["office"]), ground="pipl-47-unlawful", reason="test")
    approve(asked, by=_actor(people["director"]))
    done = approve(asked, by=_actor(people["reviewer"]))
    print(done.number, done.state, done.entries, done.files)


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1])
