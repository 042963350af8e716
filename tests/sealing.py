"""A small year of hospital A, ready to be sealed: records in several registers, a decision, a correction, an annulment."""

import datetime as dt
import json

from django.utils import timezone

from anlan.assessment.models import Judgement, Seal
from anlan.assessment.seal import REGISTER, SCREEN, Draft, Wanted, draft, publish
from anlan.assessment.seal_format import FIRST_FORMAT
from anlan.assessment.seal_list import lines_in, read_list
from anlan.assessment.seal_profile import profile_uid
from anlan.assessment.seal_records import sha256_of
from anlan.flow.perform import perform
from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.models import Entry
from anlan.org.administration import Profile
from anlan.org.events import note
from anlan.org.models import Institution
from anlan.org.scope import Actor, acting, as_system
from anlan_cn.models import SecurityIncident
from tests.records import list_place, report_hazard
from tests.world import World

AS_OF = dt.date(2025, 12, 31)
RUBRIC = "qidong-2018"


def fill_year(world: World, *, office: Actor, reviewer: Actor) -> None:
    """Write what the year holds."""
    tell_profile(world.hospital_a)
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


def tell_profile(hospital: Institution) -> None:
    """Let the ledger say what a hospital is, as it does of every unit that was added on screen or at an upgrade."""
    if not Entry.objects.filter(register="org.unit", record_uid=profile_uid(hospital.code)).exists():
        with as_system("test") as system:
            content = {"code": hospital.code, **Profile.of(hospital).columns(), "first_responsible": None}
            note("org.unit", hospital.code, "baseline", content, at=hospital.unit, by=system, origin=SCREEN)


def drafted(world: World, **changes: object) -> Draft:
    """Return a draft of hospital A's score."""
    tell_profile(world.hospital_a)
    return draft(wanted(world, **changes))


def sealed(world: World, *, by: Actor, **changes: object) -> Seal:
    """Seal hospital A's score."""
    return publish(drafted(world, **changes), by=by, at=timezone.now())


def as_first_format(seal: Seal, *, by: Actor) -> Seal:
    """Put a seal as earlier releases wrote it in the place of one: its document lists every record and its hashes."""
    score, listed = json.loads(seal.document), read_list(lines_in(seal.records))
    unit = score["institution"].pop("record")
    score["format"] = FIRST_FORMAT
    score["records"] = {uid: told for uid, told in listed.records.items() if uid != unit}
    for category in score["categories"]:
        for rule in category["rules"]:
            rule["records"] = sorted(uid for uid, codes in listed.rules.items() if rule["code"] in codes)
    document = canonical_bytes(score)
    digest = sha256_of(document)
    content = {"sha256": digest, "rubric": seal.rubric, "year": seal.year}
    entry = note(REGISTER, "first format", "publish", content, at=seal.institution.unit, by=by, origin=SCREEN)
    changes = {"document": document.decode(), "records": "", "sha256": digest, "entry_uid": entry.uid}
    Seal.objects.filter(pk=seal.pk).update(**changes)
    return Seal.objects.select_related("institution__unit").get(pk=seal.pk)
