"""Every address × every role × (own, child, sibling, other, party) against the one policy table; a new address without an entry fails."""

import datetime as dt
import json
import os
import uuid
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, path
from django.utils import timezone, translation

from anlan.api.application import api
from anlan.assessment.models import Seal
from anlan.assessment.seal import Wanted, draft, publish
from anlan.exchange.check import check
from anlan.exchange.commit import note_report, open_batch
from anlan.flow.evidence import store
from anlan.flow.models import Batch, Erasure, Evidence
from anlan.flow.perform import perform
from anlan.flow.spec import find_register
from anlan.ledger.models import Entry as LedgerEntry
from anlan.ledger.sequencer import Sequencer
from anlan.org.models import Institution, Party, Person, Post, Unit
from anlan.org.parties import Capacity
from anlan.org.posts import actor_for
from anlan.org.roles import all_roles
from anlan.org.scope import Actor, acting, as_system
from anlan_cn.models import KeyPlace
from tests.meta.access_table import CASE, FAMILIES, FAMILY_OF, RELATIONS, ROLES, TABLE, TARGETS, Entry
from tests.meta.addresses import Address, addresses
from tests.papers import pdf
from tests.sealing import tell_profile
from tests.sheets import comma_text
from tests.world import World, build_world, employ

ADDRESSES = addresses(get_resolver().url_patterns)
PDF = pdf("floor plan")
SHEET = "列入日期,类别,名称,位置\n2025-01-06,药房,药房,一层\n"
YEAR = 2025
# One role stands for its family, since the policy tells roles of a family apart by nothing; ANLAN_EVERY_ROLE=1 tries all.
TRIED = ROLES if os.environ.get("ANLAN_EVERY_ROLE") == "1" else tuple(roles[0] for roles in FAMILIES.values())


def uncovered(found: tuple[Address, ...]) -> list[str]:
    """Return the keys of addresses without an entry in the policy table."""
    return [address.key for address in found if address.key not in TABLE]


def test_every_address_has_an_entry_in_the_policy_table():
    assert uncovered(ADDRESSES) == []


def test_every_declared_role_stands_in_one_family():
    assert sorted(role for role in ROLES if role != "nobody") == sorted(role.code for role in all_roles())


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "nobody"])
def test_roles_of_a_family_differ_in_nothing_that_these_addresses_ask(family):
    """What is asked of a role: reach, reading the internal, and the capabilities that the addresses and the steps of a key place name."""
    asked = {"record", "manage", "audit", "import", "score", "judge", "compare", "involve", "administer", "self-check"}
    marks = {
        (
            role.reach,
            role.sensitivity.value == "public",
            frozenset(role.capabilities & asked - {"compare", "self-check"}),
        )
        for role in all_roles()
        if FAMILY_OF[role.code] == family
    }
    assert len(marks) == (
        2 if family == "outside" else 1
    )  # outside: some read what is internal in their case, some do not


def test_no_entry_stands_for_an_address_that_is_gone():
    assert sorted(set(TABLE) - {address.key for address in ADDRESSES}) == []


def test_every_api_operation_is_collected():
    described = {
        f"{method.upper()} {template}"
        for template, item in api.get_openapi_schema()["paths"].items()
        for method in item
    }

    assert described == {address.key for address in ADDRESSES if " " in address.key}


def test_a_new_page_or_operation_without_an_entry_is_found():
    """The check can fail: a page and an operation are added, and both are named."""
    from ninja import NinjaAPI

    other = NinjaAPI(urls_namespace="other", docs_url=None, openapi_url=None)
    other.get("/secrets/{uid}")(lambda request, uid: {})
    patterns = [
        *get_resolver().url_patterns,
        path("secrets/", lambda request: HttpResponse(), name="secrets"),
        path("unnamed/<int:pk>/", lambda request, pk: HttpResponse()),
        path("other/", other.urls),
    ]

    found = set(uncovered(addresses(patterns))) - set(uncovered(ADDRESSES))
    assert found == {"/unnamed/<int:pk>/", "GET /other/secrets/{uid}", "other:api-root", "secrets"}


# ── the matrix ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def standing(django_db_setup, django_db_blocker) -> Iterator[tuple[dict[tuple[str, str], KeyPlace], dict[str, Person]]]:
    """The targets and the people, made once: every request of the tests is taken back."""
    with django_db_blocker.unblock(), translation.override("en"), transaction.atomic():
        world = build_world()
        places = _targets(world)
        yield places, _people(world, places)
        transaction.set_rollback(True)


@pytest.fixture
def targets(standing, db) -> dict[tuple[str, str], KeyPlace]:
    """See `standing`."""
    return standing[0]


@pytest.fixture
def people(standing, db) -> dict[str, Person]:
    """See `standing`."""
    return standing[1]


def _targets(world: World) -> dict[tuple[str, str], KeyPlace]:
    """One key place with a file in each unit that the table names, each with a name that occurs nowhere else."""
    city = Unit.objects.add_child(
        world.province, {"code": "P2", "name": "邻州市卫生健康委", "kind": "commission", "level": "city"}
    )
    unit = Unit.objects.add_child(city, {"code": "D", "name": "邻州医院", "kind": "institution"})
    Institution.objects.create(unit=unit, code="D", class_level=2, kind="general")
    wanted = {target for relations in TARGETS.values() for target in relations.values() if target}
    for institution in sorted({institution for institution, _department in wanted}):
        with as_system("test") as system:
            _import(institution, by=system)
    places = {target: _place(*target) for target in sorted(wanted)}
    bystander = Person.objects.create_user("bystander", name="bystander")
    for place in places.values():
        _let_in(place, bystander, Capacity.PROTECTOR)
    for institution in Institution.objects.filter(pk__in={place.institution_id for place in places.values()}):
        _seal(institution)
    return places


def _let_in(place: KeyPlace, person: Person, capacity: str) -> None:
    """A party, whatever may be said against it: the policy decides alone what it sees."""
    Party.objects.create(
        record_uid=place.uid,
        register="key_place",
        institution_id=place.institution_id,
        person=person,
        capacity=capacity,
        starts_on=dt.date(2025, 1, 6),
    )


def _import(institution: str, *, by: Actor) -> None:
    """A sheet that somebody uploaded for the institution's key places, looked through and not written: its kind is no kind."""
    heading = ("occurred_on", "kind", "name", "location")
    sheet = comma_text(heading, ("2025-01-06", marker(institution, ""), "药房", "一层"))
    spec, place = find_register("key_place"), Institution.objects.select_related("unit").get(code=institution)
    batch = open_batch(spec, place, sheet, name="places.csv", by=by)
    note_report(batch, check(spec, place, sheet, name="places.csv", by=by))
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.CHECKED)


def _place(institution: str, department: str) -> KeyPlace:
    with as_system("test") as system:
        place = KeyPlace(institution=Institution.objects.select_related("unit").get(code=institution))
        values = {
            "occurred_on": dt.date(2025, 1, 6),
            "kind": "pharmacy",
            "name": marker(institution, department),
            "location": "一层",
        }
        file = store("平面图.pdf", [PDF])
        open_batch(find_register("key_place"), place.institution, SHEET.encode(), name="要害部位.csv", by=system)
        perform(
            place,
            "list_place",
            by=system,
            evidence=[file],
            values=values | ({"department": department} if department else {}),
        )
    return place


def marker(institution: str, department: str) -> str:
    return f"只属于{institution}{department}的名称"


def _people(world: World, targets: dict[tuple[str, str], KeyPlace]) -> dict[str, Person]:
    """One person of each role, all of them parties to one case; officers are of the city, reviewers of district 1."""
    district, hospital = world.district_1, world.hospital_a.unit
    posts = {
        "recorder": world.emergency_a,
        "staff": world.emergency_a,
        "administrator": world.city,
        "watcher": world.city,
    }
    posts |= dict.fromkeys(("reviewer", "auditor", "overseer", "chief", "inspector"), district)
    units = {role: posts.get(FAMILY_OF[role], hospital) for role in ROLES if role != "nobody"}
    staff = {role: employ(role, role, role, unit) for role, unit in units.items()}
    staff |= {"nobody": Person.objects.create_user("nobody", name="nobody")}
    for role, person in staff.items():
        is_outside = FAMILY_OF[role] == "outside"
        _let_in(targets[CASE], person, Capacity.EXTERNAL if is_outside else Capacity.PROTECTOR)
    for role in FAMILIES["office"]:
        with acting(actor_for(staff[role], today=timezone.localdate())) as by:
            _import("A", by=by)
    Sequencer().run()  # an installation where entries wait longer than five seconds is not ready
    return staff


@pytest.mark.database
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.key)
def test_each_role_reaches_exactly_what_the_policy_says(address, targets, people, client_as):
    entry, faults = TABLE[address.key], []
    for role in TRIED:
        client = client_as(people[role])
        for relation, target in _cases(role):
            for method in address.methods:
                answer = _ask(client, method, address, entry, target, targets[target], sheet_of=role)
                outcome, wanted = _outcome(answer, entry), _wanted(entry, role, relation)
                if outcome != "no such method" and outcome != wanted:
                    faults.append(
                        f"{role} × {relation}, {method}: {outcome} ({answer.status_code}), the policy says {wanted}"
                    )
                if leaked := _leaks(answer, role):
                    faults.append(f"{role} × {relation}, {method}: shows {leaked}")
    assert faults == []


@pytest.mark.database
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.key)
def test_a_stranger_is_turned_away(address, targets, client):
    entry, place = TABLE[address.key], targets["A", ""]
    for method in address.methods:
        answer = _ask(client, method, address, entry, ("A", ""), place)
        is_away = answer.status_code in (401, 405) or _leads_to_sign_in(answer)
        if entry.nothing:
            is_away = is_away or answer.status_code == 404
        assert is_away is not entry.anyone or answer.status_code == 405, f"{method}: {answer.status_code}"
        assert marker("A", "") not in _text(answer)


@pytest.mark.database
@pytest.mark.parametrize(
    "address",
    [one for one in ADDRESSES if "<str:place>" in one.template and "<uuid:" in one.template],
    ids=lambda one: one.key,
)
def test_the_own_place_opens_nothing_of_another(address, targets, people, client_as):
    """Li asks at hospital A for a record or an import of hospital B by its receipt."""
    for method in address.methods:
        answer = _ask(client_as(people["office"]), method, address, TABLE[address.key], ("A", ""), targets["B", ""])
        assert answer.status_code in (404, 405)
        assert marker("B", "") not in _text(answer)


@pytest.mark.database
@pytest.mark.parametrize("one", ["web:import-errors", "web:import-act"])
def test_who_may_import_there_too_is_not_given_the_sheet_of_another(one, targets, people, client_as):
    (address,) = [address for address in ADDRESSES if address.key == one]
    wanted = {"office_director": 404, "office": 200 if one == "web:import-errors" else 302}
    for role, status in wanted.items():
        answers = [
            _ask(client_as(people[role]), method, address, TABLE[one], ("A", ""), targets["A", ""], sheet_of="office")
            for method in address.methods
        ]
        assert sorted(answer.status_code for answer in answers) == sorted([status, 405])


@pytest.mark.database
def test_the_cells_of_a_sheet_are_shown_to_who_uploaded_it_alone(targets, people, client_as):
    (address,) = [address for address in ADDRESSES if address.key == "web:import"]
    own, other = (
        _ask(
            client_as(people[role]), "GET", address, TABLE["web:import"], ("A", ""), targets["A", ""], sheet_of="office"
        )
        for role in ("office", "office_director")
    )
    assert (own.status_code, other.status_code) == (200, 200)
    assert marker("A", "") in _text(own)
    assert marker("A", "") not in _text(other)


def _cases(role: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for relation in RELATIONS:
        target = TARGETS[FAMILY_OF[role]][relation]
        if target is not None:
            yield relation, target


def _wanted(entry: Entry, role: str, relation: str) -> str:
    if entry.anyone or entry.members:
        return "allowed"
    family = FAMILY_OF[role]
    if relation in entry.allowed.get(family, ()):
        return "allowed"
    return "refused" if relation in entry.refused.get(family, ()) else "hidden"


def _outcome(answer: HttpResponse, entry: Entry) -> str:
    status = answer.status_code
    named = {401: "stranger", 403: "refused", 404: "hidden", 405: "no such method"}
    if status in named:
        return named[status]
    if status == 302 and entry.leads_back:
        return "refused"
    return "allowed" if status < 500 else "broken"


def _ask(
    client: Client,
    method: str,
    address: Address,
    entry: Entry,
    target: tuple[str, str],
    place: KeyPlace,
    *,
    sheet_of: str = "",
) -> HttpResponse:
    """Send one request and undo what it wrote."""
    where, values = filled(address, entry, target, place, sheet_of=sheet_of)
    with transaction.atomic():
        answer: Any = _send(client, method, where, entry, values)
        _text(answer)
        transaction.set_rollback(True)
    return answer


def filled(
    address: Address, entry: Entry, target: tuple[str, str], place: KeyPlace, *, sheet_of: str = ""
) -> tuple[str, dict[str, Any]]:
    """Return the path of an address for a target, and what its query, form and body are filled with.

    Of the imports there it names the one of `sheet_of`; where that person uploaded none, one that nobody's session uploaded.
    """
    with as_system("test"):
        return _filled_address(address, target, place, sheet_of)


def _filled_address(
    address: Address, target: tuple[str, str], place: KeyPlace, sheet_of: str
) -> tuple[str, dict[str, Any]]:
    values = {
        "place": target[0],
        "institution": target[0],
        "year": YEAR,
        "register": "key_place",
        "code": "key_place",
        "uid": place.uid,
        "step": "inspect_defences",
        "rule": "A3-k1",
        "batch": _sheet_of(sheet_of, place.institution),
        "action": "cancel",
        "party": Party.objects.filter(record_uid=place.uid, person__username="bystander").values_list("pk", flat=True)[
            0
        ],
        "path": "0/000.p/1",
        "job": uuid.UUID(int=7),
        "factor": 1,
        "provider": "nowhere",
    }
    if "seal>" in address.template:
        values["seal"] = Seal.objects.get(institution=place.institution, year=YEAR).uid
    if "/rubrics/" in address.key:
        values["code"] = "qidong-2018"
    if "/administration/" in address.template:
        values |= {"username": "office", "post": _post_of("office"), "kind": "department"}
        values["action"] = "close" if address.key == "web:unit-act" else "unlock"
    if "/times/" in address.template:
        values |= {"register": "hazard", "kind": "late"}
    if "/erasures/" in address.template:
        values |= {"erasure": _request_for(place), "action": "approve"}
    file = Evidence.objects.get(record_uid=place.uid).uid
    values["file"] = file
    if address.key == "web:evidence":
        values["uid"] = file
    if address.key.startswith("portal:"):
        values["uid"] = LedgerEntry.objects.get(record_uid=place.uid).uid
    return address.fill(values), values


def _request_for(place: KeyPlace) -> UUID:
    """A request to erase the place, by somebody whom the table does not name."""
    asker = Person.objects.get_or_create(username="asker", defaults={"name": "asker"})[0]
    values = {"register": "key_place", "number": place.number, "ground": "pipl-47-purpose", "reason": "test"}
    where = {"institution": place.institution, "department_id": place.department_id}
    fresh = {**values, **where, "requested_by": asker, "requested_at": timezone.now()}
    return Erasure.objects.get_or_create(record_uid=place.uid, defaults=fresh)[0].uid


def _sheet_of(username: str, institution: Institution) -> UUID:
    """The import of a person there; the system's where the person has none."""
    there = Batch.objects.filter(institution=institution, file_name="places.csv").values_list("uid", flat=True)
    return there.filter(by__username=username).first() or there.get(by=None)


def _seal(institution: Institution) -> None:
    """Seal the institution's year."""
    tell_profile(institution)
    with as_system("test") as system:
        wanted = Wanted(institution=institution, rubric="qidong-2018", year=YEAR, as_of=dt.date(YEAR, 12, 31))
        publish(draft(wanted), by=system, at=timezone.now())


def _post_of(username: str) -> int:
    """The post of a person; where there is nobody, a number that no post has."""
    return Post.objects.filter(person__username=username).values_list("pk", flat=True).first() or 0


def _send(client: Client, method: str, where: str, entry: Entry, values: dict[str, Any]) -> HttpResponse:
    headers = {"Accept-Language": "en"}
    if method == "GET":
        query = {name: str(value).format(**values) for name, value in entry.query.items()}
        return client.get(where, query, headers=headers)
    if entry.form is not None:
        data = json.dumps(_filled(entry.form, values))
        return client.post(where, {"data": data, "evidence": SimpleUploadedFile("a.pdf", PDF)}, headers=headers)
    if entry.body is not None:
        return client.post(
            where, json.dumps(_filled(entry.body, values)), content_type="application/json", headers=headers
        )
    return client.post(where, {}, headers=headers)


def _filled(shape: Any, values: dict[str, Any]) -> Any:
    if isinstance(shape, dict):
        return {name: _filled(value, values) for name, value in shape.items()}
    if isinstance(shape, tuple):
        return [_filled(value, values) for value in shape]
    return shape.format(**values) if isinstance(shape, str) else shape


def _leads_to_sign_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and "/sign-in/" in answer["Location"]


def _text(answer: Any) -> str:
    """Return the body; a stream is read once and kept."""
    if answer.streaming:
        if not hasattr(answer, "kept"):
            answer.kept = b"".join(answer.streaming_content)
        return str(answer.kept.decode("utf-8", "replace"))
    return str(answer.content.decode("utf-8", "replace"))


def _leaks(answer: HttpResponse, role: str) -> list[str]:
    """Return the markers of records in the answer that the role may not read, whatever page was asked for."""
    text = _text(answer)
    readable = TABLE["GET /api/v1/records/{uid}"].allowed.get(FAMILY_OF[role], frozenset())
    allowed = {target for relation, target in _cases(role) if relation in readable}
    every = {target for relations in TARGETS.values() for target in relations.values() if target}
    return [
        marker(*target) for target in sorted(every - allowed) if marker(*target) in text and not _is_own(role, target)
    ]


def _is_own(role: str, target: tuple[str, str]) -> bool:
    """A role of a whole institution or district reads every department below it, not only the one that the table names."""
    wide = dict.fromkeys(("office", "lead", "complaints", "duty", "director", "leaders", "assessor", "protector"), "A")
    wide |= dict.fromkeys(("reviewer", "auditor", "overseer", "chief", "inspector"), "AB")
    return target[0] in wide.get(FAMILY_OF[role], "")
