"""Random single-row tamperings by SQL, each alone and rolled back after; all are found and located.

The suite tampers with each table in each way once; `make faults` goes on to a thousand.
"""

import contextlib
import datetime as dt
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from anlan.flow.drift import all_drift
from anlan.flow.drift_organisation import EVERY_KIND
from anlan.flow.evidence import store
from anlan.flow.hindsight import look_back
from anlan.flow.models import Batch
from anlan.flow.perform import perform
from anlan.ledger.check import broken_entries, broken_tree
from anlan.ledger.check_signatures import broken_signatures
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import sign_newest
from anlan.org.baseline import ensure_baseline
from anlan.org.credentials import AccountRequest, Factor, FormerPassword, OutsideIdentity
from anlan.org.models import Person, Post
from anlan.org.scope import Actor, acting, as_system
from config import content_entries
from tests.faults.tampering import FILE_KINDS, IN_TURN, WAYS, Tamperer, Tampering, tampered_content
from tests.papers import pdf
from tests.records import list_place, report_hazard
from tests.unit.flow.test_parties import accept, let_in
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.faults]

NOW = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)
THROWS = 40
SEED = int(os.environ.get("ANLAN_TAMPERING_SEED", "20251103"))


class Undo(Exception):
    """Takes a tampering back."""


def findings() -> list[str]:
    """Return what `anlan check` says of ledger, tree, rows and evidence."""
    said = [f"entry {pk}: {fault}" for pk, fault in broken_entries()]
    said += [f"{where}: {fault}" for where, fault in (*broken_tree(), *broken_signatures())]
    return said + [f"{drift.place} {drift.column}" for drift in all_drift()]


@pytest.fixture
def log(world: World, li_actor: Actor, zhao_actor: Actor, wang: Person) -> None:
    """Two institutions, records in several registers, evidence, 3 tiles of entries, and some that wait."""
    for number in range(110):
        institution, by = (world.hospital_a, li_actor) if number % 2 else (world.hospital_b, zhao_actor)
        place = list_place(institution, by=by, name=f"药房{number}", is_crowded=number % 3 == 0)
        with acting(by):
            perform(place, "correct", by=by, reason="改名", name=f"药房 {number}")
            if number % 5 == 0:
                file = store(f"{number}.pdf", [pdf(str(number % 7))])
                perform(place, "attach", by=by, evidence=[file], at=timezone.now())
        report_hazard(institution, by=by, description=f"第{number}处杂物")
    with as_system("sequencer"):
        sequencer = Sequencer()
        while sequencer.run_batch(now=timezone.now(), batch=60):
            sign_newest()
        look_back(now=timezone.now() + dt.timedelta(hours=1))
    for number in range(6):
        list_place(world.hospital_a, by=li_actor, name=f"新药房{number}")
    organise(world, li_actor)


def organise(world: World, by: Actor) -> None:
    """Accounts with factors, former passwords and ties, imports and parties; then the ledger is told what stands."""
    people = list(Person.objects.order_by("pk"))
    for number, person in enumerate(people):
        person.set_password(f"a sentence of number {number}")
        person.save()
        FormerPassword.objects.create(person=person, password=person.password, at=NOW)
        OutsideIdentity.objects.create(person=person, provider="city", subject=f"s{number}", linked_at=NOW)
        for kind in ("totp", "recovery", "recovery"):
            data = f"secret {number} {kind}".encode()
            Factor.objects.create(person=person, kind=kind, data=data, created_at=NOW, confirmed_at=NOW)
        state = {
            "state": "committed",
            "rows": 5 + number,
            "file_name": f"{number}.xlsx",
            "file_sha256": f"{number}" * 64,
        }
        Batch.objects.create(register="hazard", institution=world.hospital_a, by=person, at=NOW, **state)
    Batch.objects.create(register="hazard", institution=world.hospital_b, state="checked", file_sha256="c" * 64, at=NOW)
    for number, person in enumerate(people):
        asked = AccountRequest(act="password", person=person, asked_by_id=by.person_id, asked_at=NOW, paths=["0001"])
        asked.state, asked.details = ("waiting", "done", "expired")[number % 3], {"renews": True} if number % 2 else {}
        asked.ends_at = NOW + dt.timedelta(days=1)
        asked.save()
    for person in people:
        dispute = accept(world.hospital_a, by=by, complainant=f"张{person.pk}")
        if person.pk != by.person_id and Post.objects.filter(person=person, unit=world.hospital_a.unit).exists():
            let_in(dispute, by=by, capacity="handler", person=person)
        let_in(dispute, by=by, capacity="external", unit=world.hospital_a.unit, role="mediator")
    with as_system("baseline"):
        ensure_baseline(EVERY_KIND)


def test_every_tampering_of_a_single_row_is_found_and_located(
    log: None, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    missed, kinds = tried(times(IN_TURN, 1000), Tamperer.tamper)
    tell(seed=SEED, tamperings=kinds.total(), missed=len(missed), kinds=dict(sorted(kinds.items())))
    assert missed == []


def test_every_tampering_of_people_posts_units_credentials_parties_and_imports_names_row_and_attribute(
    world: World,
    li_actor: Actor,
    zhao: Person,
    wang: Person,
    times: Callable[[int, int], int],
    tell: Callable[..., None],
) -> None:
    organise(world, li_actor)
    with as_system("sequencer"):
        Sequencer().run(batch=200)
    missed, kinds = tried(times(len(WAYS), 1000), Tamperer.tamper_with_the_organisation)
    tell(seed=SEED, tamperings=kinds.total(), missed=len(missed), kinds=dict(sorted(kinds.items())))
    assert missed == []


def test_every_change_of_a_file_that_scores_rest_on_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    """Parameters, law, measures and rubrics in a copy of the content; a running installation does not read them again."""
    content = tmp_path / "content"
    shutil.copytree(content_entries.FOLDER, content, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(content_entries, "FOLDER", content)
    monkeypatch.setattr(content_entries, "LAW", content / "law")
    monkeypatch.setattr(content_entries, "rubric_codes", lambda: [f.stem for f in (content / "rubrics").glob("*.yaml")])
    monkeypatch.setattr(content_entries, "find_rubric", lambda code: content / "rubrics" / f"{code}.yaml")
    content_entries.tell_content()
    dice, kinds, missed = random.Random(SEED), Counter[str](), list[object]()
    for turn in range(times(len(FILE_KINDS) * 3, 1000)):
        kind = FILE_KINDS[turn % len(FILE_KINDS)]
        with tampered_content(content, kind, dice) as names, as_system("faults"):
            found = [drift.column for drift in all_drift() if drift.register == "org.content"]
        kinds[kind] += 1
        if not set(names) <= set(found):
            missed.append((kind, names, found))
    tell(seed=SEED, tamperings=kinds.total(), missed=len(missed), kinds=dict(sorted(kinds.items())))
    assert missed == []
    with as_system("faults"):
        assert findings() == []


def tried(many: int, tamper: Callable[[Tamperer, int], Tampering]) -> tuple[list[object], Counter[str]]:
    """Tamper so many times, each alone, and return what the check did not name, and how often each kind was tried.

    What the database itself refuses is thrown anew: constraints are the first line.
    """
    dice, kinds, missed = random.Random(SEED), Counter[str](), list[object]()
    with as_system("faults"):
        assert findings() == []
        for turn in range(many):
            for _ in range(THROWS):
                with contextlib.suppress(IntegrityError):
                    tampering, found = once(Tamperer(dice), turn, tamper)
                    break
            else:
                missed.append(f"turn {turn}: refused by the database again and again")
                continue
            kinds[f"{tampering.table}: {tampering.kind}"] += 1
            if not any(word in line and tampering.named in line for line in found for word in tampering.told):
                missed.append((tampering, found))
        assert findings() == []
    return missed, kinds


def once(tamperer: Tamperer, turn: int, tamper: Callable[[Tamperer, int], Tampering]) -> tuple[Tampering, list[str]]:
    """Tamper, look what the check says, and take it back. Raises: IntegrityError."""
    try:
        with transaction.atomic():
            done = tamper(tamperer, turn), findings()
            raise Undo
    except Undo:
        return done
