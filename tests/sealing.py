"""A small year of hospital A, ready to be sealed: records in several registers, a decision, a correction, an annulment."""

import datetime as dt

from django.utils import timezone

from anlan.assessment.models import Judgement, Seal
from anlan.assessment.seal import Draft, Wanted, draft, publish
from anlan.flow.perform import perform
from anlan.org.scope import Actor, acting
from anlan_cn.models import SecurityIncident
from tests.records import list_place, report_hazard
from tests.world import World

AS_OF = dt.date(2025, 12, 31)
RUBRIC = "qidong-2018"


def fill_year(world: World, *, office: Actor, reviewer: Actor) -> None:
    """Write what the year holds."""
    for number in range(4):
        list_place(world.hospital_a, by=office, name=f"药房{number}", is_crowded=number % 2 == 0)
        report_hazard(world.hospital_a, by=office, description=f"第{number}处杂物")
    wrong = list_place(world.hospital_a, by=office, name="误登")
    with acting(office):
        perform(wrong, "correct", by=office, reason="改名", name="误登（改）")
        perform(wrong, "annul", by=office, reason="误登")
        for year in (2024, 2025):
            incident = SecurityIncident(institution=world.hospital_a)
            values = {"occurred_on": dt.date(year, 5, 3), "kind": "criminal", "category": "theft"}
            perform(incident, "record", by=office, values=values)
    judge(world, by=reviewer)


def judge(world: World, *, by: Actor, rule: str = "A1-k4", reason: str = "看过台账") -> Judgement:
    """Decide that nothing is taken on a judged rule."""
    judgement = Judgement(institution=world.hospital_a)
    values = {"occurred_on": dt.date(2025, 6, 1), "rubric": RUBRIC, "rule": rule, "year": 2025, "verdict": "set"}
    with acting(by):
        perform(judgement, "judge", by=by, values={**values, "reason": reason})
    return judgement


def wanted(world: World, **changes: object) -> Wanted:
    """Return what to seal of hospital A."""
    plain = {"institution": world.hospital_a, "rubric": RUBRIC, "year": 2025, "as_of": AS_OF}
    return Wanted(**{**plain, **changes})  # type: ignore[arg-type]


def drafted(world: World, **changes: object) -> Draft:
    """Return a draft of hospital A's score."""
    return draft(wanted(world, **changes))


def sealed(world: World, *, by: Actor, **changes: object) -> Seal:
    """Seal hospital A's score."""
    return publish(drafted(world, **changes), by=by, at=timezone.now())
