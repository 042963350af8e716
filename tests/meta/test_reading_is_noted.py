"""Every address is asked by people who may read a sensitive record that is full of marks; an answer that holds one has its row in the access log.

The walk looks at the headers of each answer too: nothing personal is stored, and the API sends the types that it describes.
"""

import datetime as dt
import io
import json
import os
import uuid
import zipfile
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection, transaction
from django.http import HttpResponse, JsonResponse
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, path
from django.utils import timezone

from anlan.api.application import description
from anlan.assessment.seal import Wanted, draft, publish
from anlan.exchange.check import check
from anlan.exchange.commit import note_report, open_batch
from anlan.flow.evidence import store
from anlan.flow.models import Batch, Erasure, Evidence
from anlan.flow.parties import NamedParty
from anlan.flow.perform import perform
from anlan.flow.reading import find_record
from anlan.flow.spec import find_register
from anlan.ledger.models import Entry as LedgerEntry
from anlan.org.access import Access
from anlan.org.access_collecting import unseen
from anlan.org.models import Party
from anlan.org.scope import acting, as_system
from anlan.vault.fields import opened
from anlan_cn.models import Dispute, KeyPost
from tests.meta.access_table import TABLE, Entry
from tests.meta.addresses import Address, addresses
from tests.meta.test_access_matrix import _send, _text
from tests.papers import pdf
from tests.sealing import tell_profile
from tests.sheets import comma_text
from tests.world import employ

pytestmark = pytest.mark.database

YEAR, DAY = 2025, dt.date(2025, 3, 3)
# One mark for each way in which the record can be told; none of them occurs anywhere else.
NUMBER_OF_MEDIATION, COMPLAINANT, OUTLINE, PHONE, FILE, REASON, PARTY, ASKED, CELL = (
    "印记调解号", "鸱鸮印记", "鸱**", "13977779999", "印记附件.pdf", "印记更正理由", "印记当事人", "印记擦除理由", "印记坏格",
)  # fmt: skip
MARKS = (NUMBER_OF_MEDIATION, COMPLAINANT, OUTLINE, PHONE, FILE, REASON, PARTY, ASKED, CELL)
# The office reads most; a party, who directs the hospital, and the commission: ANLAN_FAULTS=full walks as them too.
READERS = ("li", *(("party", "director", "reviewer") if os.environ.get("ANLAN_FAULTS") == "full" else ()))
RULES = ("A5-k6", "A7-k3", "A8-k2", "A8-k3")


@pytest.fixture
def dispute(world, li_actor) -> Dispute:
    """A dispute that has been corrected, with a file, a party, a request to erase it, and a sheet of its register with a bad cell."""
    with acting(li_actor):
        record = Dispute(institution=world.hospital_a)
        values = {"occurred_on": DAY, "severity": "major", "complainant": COMPLAINANT, "complainant_phone": PHONE}
        file = store(FILE, [pdf("floor plan")])
        perform(record, "accept", by=li_actor, evidence=[file], values=values)
        told = {"mediation": "internal", "mediation_record_no": NUMBER_OF_MEDIATION}
        perform(record, "mediate", by=li_actor, values=told)
        perform(record, "correct", by=li_actor, reason=REASON, values={"is_mass_incident": True})
        record = find_record(record.uid)
        person = employ("party", PARTY, "staff", world.emergency_a)
        named = NamedParty(capacity="handler", person=person)
        perform(record, "involve", by=li_actor, reason=REASON, parties=[named])
    _ask_to_erase(record)
    _bad_sheet(record, li_actor)
    return record


def _ask_to_erase(record: Dispute) -> None:
    asker = employ("asker", "asker", "office_director", record.institution.unit)
    Erasure.objects.create(
        institution=record.institution,
        register="dispute",
        record_uid=record.uid,
        number=record.number,
        ground="pipl-47-purpose",
        reason=ASKED,
        requested_by=asker,
        requested_at=timezone.now(),
    )


def _bad_sheet(record: Dispute, by: Any) -> None:
    spec, sheet = find_register("dispute"), comma_text(("occurred_on", "severity"), ("2025-04-01", CELL))
    batch = open_batch(spec, record.institution, sheet, name="a.csv", by=by)
    note_report(batch, check(spec, record.institution, sheet, name="a.csv", by=by))
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.CHECKED)


def _values(record: Dispute) -> dict[str, Any]:
    with as_system("test") as system:
        tell_profile(record.institution)
        wanted = Wanted(institution=record.institution, rubric="qidong-2018", year=YEAR, as_of=dt.date(YEAR, 12, 31))
        seal = publish(draft(wanted), by=system, at=timezone.now()).uid
    return {
        "place": "A", "institution": "A", "year": YEAR, "register": "dispute", "uid": record.uid, "step": "settle",
        "batch": Batch.objects.get().uid, "action": "cancel", "path": "0/000.p/1", "job": uuid.UUID(int=7), "factor": 1,
        "party": Party.objects.get().pk, "provider": "nowhere", "seal": seal, "erasure": Erasure.objects.get().uid,
        "username": "party", "post": 0, "kind": "late", "file": Evidence.objects.get().uid,
    }  # fmt: skip


def _filled(address: Address, values: dict[str, Any], rule: str) -> dict[str, Any]:
    """Return the parts for one address: what a name means differs by address."""
    own = {"code": "qidong-2018" if "/rubrics/" in address.key else "dispute", "rule": rule}
    if address.key == "web:evidence":
        own["uid"] = values["file"]
    if address.key.startswith("portal:"):
        own["uid"] = LedgerEntry.objects.filter(record_uid=values["uid"], version=1).get().uid
    if "/administration/" in address.template:
        own |= {"kind": "department", "action": "unlock"}
    return {**values, **own}


def _unpacked(answer: Any) -> str:
    """Return all text of an answer: its headers, its JSON without escapes, and the members of a packed file."""
    text = _text(answer) + unquote(json.dumps(dict(answer.headers), ensure_ascii=False))
    raw = answer.kept if answer.streaming else answer.content
    if "json" in answer.get("Content-Type", ""):
        text += json.dumps(json.loads(raw), ensure_ascii=False)
    if not raw.startswith(b"PK"):
        return text
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        return text + "".join(name + packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


class Walk:
    """Asks every address as one reader. `faults` names the answers that told of the record without a row, `told` all that told."""

    def __init__(self, reader: Any, record: Dispute, client_as: Any) -> None:
        self.reader, self.record, self.client_as = reader, record, client_as
        self.values = _values(record)
        self.faults: list[str] = []
        self.told: set[str] = set()
        self.described: dict[str, Any] = json.loads(description())["paths"]

    def ask_all(self, found: tuple[Address, ...]) -> None:
        """Ask each address by each of its methods; addresses of a rule for each rule that reads the register."""
        self.client = self.client_as(self.reader)
        for address in found:
            for method in address.methods:
                for rule in RULES if "rule>" in address.template else RULES[:1]:
                    self._ask(address, method, rule)

    def _ask(self, address: Address, method: str, rule: str) -> None:
        values = _filled(address, self.values, rule)
        entry = TABLE.get(address.key, Entry())
        where = address.fill(values) + (f"?q={self.record.number}" if address.key == "web:search" else "")
        if "unmask" in address.key:
            entry = Entry(body={"fields": ("complainant",), "reason": "电话回访患者"})
        cookies = deepcopy(self.client.cookies)
        before = Access.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        with transaction.atomic():
            answer = _send(self.client, method, where, entry, values)
            text = _unpacked(answer)
            rows = list(Access.objects.filter(pk__gt=before, person_id=self.reader.pk, register__in=("dispute", "")))
            transaction.set_rollback(True)
        self.client.cookies = cookies  # an address may sign out: with the rows its session is back
        self._look_at_headers(address, method, answer)
        marks = [mark for mark in MARKS if mark in text and mark != self.reader.name]
        self._judge(f"{method} {address.key}", marks, rows)

    def _look_at_headers(self, address: Address, method: str, answer: Any) -> None:
        """Nothing is stored that does not call itself public, and the API sends the types that its description names."""
        kept = answer["Cache-Control"]
        if kept != "no-store" and not (kept.startswith("public, max-age=") and address.key in PUBLIC):
            self.faults.append(f"{method} {address.key} may be stored: {kept}")
        operation = self.described.get(address.key.partition(" ")[2], {}).get(method.lower())
        if operation is None:
            return
        types = operation["responses"].get(str(answer.status_code), {}).get("content", {})
        if answer["Content-Type"].partition(";")[0] not in types:
            self.faults.append(f"{method} {address.key} sends {answer['Content-Type']} with {answer.status_code}")

    def _judge(self, key: str, marks: list[str], rows: list[Access]) -> None:
        own = [row for row in rows if row.record_uid == self.record.uid and row.kind in ("read", "unmask")]
        whole = [row for row in rows if row.record_uid is None and row.kind in ("list", "export")]
        if len(own) > 1:
            self.faults.append(f"{key} notes the record {len(own)} times")
        if marks:
            self.told.add(key)
            if not own and not whole:
                self.faults.append(f"{key} shows {marks} and notes nothing")


@pytest.fixture(params=READERS)
def reader(request, world, li, dispute) -> Any:
    """Who may read the record: its office, who directs the hospital, a party to it, and the commission."""
    if request.param == "party":
        return Party.objects.get().person
    if request.param == "li":
        return li
    unit = world.hospital_a.unit if request.param == "director" else world.district_1
    return employ(f"r-{request.param}", request.param, request.param, unit)


def test_whatever_tells_of_a_sensitive_record_has_its_row_in_the_access_log(reader, dispute, client_as, request):
    walk = Walk(reader, dispute, client_as)
    walk.ask_all(addresses(get_resolver().url_patterns))

    assert walk.faults == []
    assert DOORS[request.node.callspec.params["reader"]] <= walk.told


# What says nothing of anybody, for everybody.
PUBLIC = {"portal:checkpoint", "portal:tile"}
# Some doors that must have told of the record, or the walk looked at nothing.
_OF_A_PARTY = {
    "GET web:case",
    "GET GET /api/v1/records/{uid}",
    "GET GET /api/v1/records/{uid}/timeline",
    "GET web:evidence",
}
_OF_A_READER = {"GET web:record", "GET web:list", "GET GET /api/v1/registers/{code}/records"}
_OF_THE_OFFICE = {"GET web:step", "GET web:parties", "GET web:import"}
DOORS = {
    "li": {*_OF_A_READER, *_OF_THE_OFFICE},
    "director": _OF_A_READER,
    "party": set(),
    "reviewer": set(),
}


# ── the walk can fail ───────────────────────────────────────────────────────────────────────────────────────────────


def by_heart(request: Any, uid: uuid.UUID) -> HttpResponse:
    """A new page that thinks of no note: the reading notes itself."""
    return JsonResponse({"said": Dispute.objects.get(uid=uid).mediation_record_no})


def by_values(request: Any, uid: uuid.UUID) -> HttpResponse:
    rows = Dispute.objects.filter(uid=uid).values_list("mediation_record_no", flat=True)
    return JsonResponse({"said": [opened(Dispute, "mediation_record_no", one, uid) for one in rows]})


def by_stream(request: Any, uid: uuid.UUID) -> HttpResponse:
    rows = Dispute.objects.filter(uid=uid).values("mediation_record_no").iterator()
    return JsonResponse(
        {"said": [opened(Dispute, "mediation_record_no", one["mediation_record_no"], uid) for one in rows]}
    )


def by_one_column(request: Any, uid: uuid.UUID) -> HttpResponse:
    return JsonResponse({"said": Dispute.objects.only("number").get(uid=uid).mediation_record_no})


def past_the_notes(request: Any, uid: uuid.UUID) -> HttpResponse:
    """What no page may do, and what the walk must find."""
    with unseen():
        return JsonResponse({"said": Dispute.objects.get(uid=uid).mediation_record_no})


def by_number(request: Any, uid: uuid.UUID) -> HttpResponse:
    return JsonResponse({"number": Dispute.objects.filter(uid=uid).values_list("number", flat=True)[0]})


def test_a_new_door_notes_by_itself_and_one_past_the_notes_is_found(settings, li, dispute, client_as):
    module = ModuleType("tests.meta.other_urls")
    views = (by_heart, by_values, by_stream, by_one_column, past_the_notes, by_number)
    doors = [path(f"{one.__name__}/<uuid:uid>/", one, name=one.__name__) for one in views]
    module.urlpatterns = [*doors, *get_resolver().url_patterns]
    settings.ROOT_URLCONF = module
    walk = Walk(li, dispute, client_as)
    walk.ask_all(addresses(doors))

    assert walk.faults == [
        f"{method} past_the_notes shows ['{NUMBER_OF_MEDIATION}'] and notes nothing" for method in ("GET", "POST")
    ]
    assert {key.split()[1] for key in walk.told} == {
        "by_heart", "by_values", "by_stream", "by_one_column", "past_the_notes",
    }  # fmt: skip


@pytest.mark.parametrize("door", ["/at/A/{year}/registers/key_post/", "/at/A/{year}/registers/key_post/{uid}/",
                                  "/api/v1/registers/key_post/records?institution=A", "/api/v1/records/{uid}"])  # fmt: skip
def test_a_sensitive_column_of_a_register_that_is_not_sensitive_itself_is_noted_too(
    world, li, li_actor, client_as, door
):
    """The name of a holder stands unmasked in the list of whoever reads what is sensitive."""
    holder = KeyPost(institution=world.hospital_a)
    with acting(li_actor):
        values = {"occurred_on": DAY, "kind": "electrician", "holder_name": COMPLAINANT}
        perform(holder, "appoint", by=li_actor, values=values)
    answer = client_as(li).get(door.format(year=YEAR, uid=holder.uid))

    assert COMPLAINANT in _unpacked(answer)
    rows = Access.objects.filter(register="key_post", person_id=li.pk).values_list("kind", "count")
    assert list(rows) == [("list" if "registers" in door and "{uid}" not in door else "read", 1)]


def test_only_two_readings_of_the_flow_look_unseen():
    """They load more rows than they show, and note those that they show."""
    root = Path(__file__).parents[2] / "anlan"
    users = {str(one.relative_to(root)) for one in root.rglob("*.py") if "unseen()" in one.read_text(encoding="utf-8")}
    assert users == {"org/access_collecting.py", "flow/reading.py", "flow/todo.py"}


def test_nothing_is_shown_where_the_note_cannot_be_written(li, dispute, client_as, monkeypatch):
    def refuse(*_args: Any, **_columns: Any) -> None:
        raise OSError(28, "No space left on device")

    browser = client_as(li, raise_request_exception=False)
    monkeypatch.setattr("anlan.org.access_collecting.note_read", refuse)
    answer = browser.get(f"/at/A/{YEAR}/registers/dispute/{dispute.uid}/")

    assert answer.status_code == 503
    assert OUTLINE not in answer.content.decode()


def test_a_page_notes_a_list_and_a_record_with_one_statement_each(li, dispute, client_as):
    browser = client_as(li)
    for where in ("", f"{dispute.uid}/"):
        with CaptureQueriesContext(connection) as seen:
            browser.get(f"/at/A/{YEAR}/registers/dispute/{where}")
        assert sum('INSERT INTO "org_access"' in one["sql"] for one in seen) == 1
