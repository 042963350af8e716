# ruff: noqa: F811  (fixtures come by import)
"""Fire facilities, special equipment, electricity, material stores and key posts: what is due again and again."""

import datetime as dt

import pytest

from anlan.flow.authority import waiting_steps
from anlan.flow.errors import BadEvidence, Conflict, InvalidData
from anlan.flow.spec import spec_of
from anlan.org.models import Institution
from anlan.org.scope import Actor
from anlan_cn.models import ElectricalInstallation, FireFacility, KeyPost, MaterialStore, PressureVessel
from tests.unit.registers.conftest_reg2 import institution, legal_terms, office, take  # noqa: F401

pytestmark = pytest.mark.django_db
FIRE = {
    "occurred_on": "2022-01-03",
    "kind": "extinguisher",
    "location": "一层",
    "quantity": 4,
    "next_check_on": "2025-06-01",
}
LIFT = {
    "occurred_on": "2021-01-05",
    "kind": "elevator",
    "registration_no": "T-001",
    "location": "一号楼",
    "next_inspection_on": "2025-09-01",
}
ROOM = {"occurred_on": "2021-01-07", "kind": "distribution_room", "location": "地下", "next_test_on": "2025-09-01"}
STORE = {
    "occurred_on": "2022-02-02",
    "kind": "narcotic",
    "location": "药库",
    "custodian_post": "药库管理员",
    "next_reconciliation_on": "2025-07-31",
}
HOLDER = {"occurred_on": "2023-02-01", "kind": "fire_control", "holder_name": "甲"}


def test_a_fire_facility_is_due_again_after_each_check(office: Actor, institution: Institution) -> None:
    facility = FireFacility(institution=institution)
    take(facility, "register", by=office, **FIRE)
    assert (facility.due_on, facility.is_counted) == (dt.date(2025, 6, 1), True)
    take(facility, "check", by=office, last_checked_on="2025-06-02", next_check_on="2025-07-02", is_working=False)
    take(facility, "check", by=office, last_checked_on="2025-06-20", next_check_on="2025-07-20", is_working=True)
    assert (facility.due_on, facility.is_working) == (dt.date(2025, 7, 20), True)
    take(facility, "end", by=office, ended_on="2025-06-29")
    assert facility.due_on is None


def test_a_check_recurs_in_the_to_do_list() -> None:
    assert [name for name, _ in waiting_steps(spec_of(FireFacility), "checked")] == ["check"]


def test_the_next_check_lies_after_the_last(office: Actor, institution: Institution) -> None:
    with pytest.raises(InvalidData, match="The next check lies after the last one"):
        take(FireFacility(institution=institution), "register", by=office, **FIRE, last_checked_on="2025-06-01")


def test_a_facility_is_there(office: Actor, institution: Institution) -> None:
    with pytest.raises(InvalidData, match="There is at least one"):
        take(FireFacility(institution=institution), "register", by=office, **FIRE | {"quantity": 0})


def test_special_equipment_is_inspected_with_a_report(office: Actor, institution: Institution) -> None:
    lift = PressureVessel(institution=institution)
    take(lift, "register", by=office, **LIFT)
    take(lift, "note_condition", by=office, reason="door jams", is_in_order=False)
    dates = {"last_inspected_on": "2025-06-20", "next_inspection_on": "2026-06-20"}
    with pytest.raises(BadEvidence, match="needs 1 file"):
        take(lift, "inspect", by=office, **dates)
    lift.refresh_from_db()
    take(lift, "inspect", by=office, files=1, is_in_order=True, **dates)
    assert (lift.state, lift.is_in_order, lift.due_on) == ("inspected", True, dt.date(2026, 6, 20))


def test_the_next_inspection_lies_after_the_last(office: Actor, institution: Institution) -> None:
    with pytest.raises(InvalidData, match="The next inspection lies after the last one"):
        take(PressureVessel(institution=institution), "register", by=office, **LIFT, last_inspected_on="2025-10-01")


def test_equipment_is_registered_once(office: Actor, institution: Institution) -> None:
    take(PressureVessel(institution=institution), "register", by=office, **LIFT)
    with pytest.raises(Conflict, match="Equipment with this registration number is in the register already"):
        take(PressureVessel(institution=institution), "register", by=office, **LIFT)


def test_an_installation_is_tested_and_its_misuse_noted(office: Actor, institution: Institution) -> None:
    room = ElectricalInstallation(institution=institution)
    take(room, "register", by=office, **ROOM)
    take(room, "note_use", by=office, reason="heaters in the night room", has_illegal_use=True)
    assert room.has_illegal_use
    take(
        room,
        "test",
        by=office,
        files=1,
        last_tested_on="2025-06-20",
        next_test_on="2026-06-20",
        is_compliant=True,
        has_illegal_use=False,
    )
    assert (room.has_illegal_use, room.due_on) == (False, dt.date(2026, 6, 20))


def test_the_next_test_lies_after_the_last(office: Actor, institution: Institution) -> None:
    with pytest.raises(InvalidData, match="The next test lies after the last one"):
        take(
            ElectricalInstallation(institution=institution), "register", by=office, **ROOM, last_tested_on="2025-09-01"
        )


def test_a_store_is_reconciled_and_handed_over(office: Actor, institution: Institution) -> None:
    store = MaterialStore(institution=institution)
    take(store, "register", by=office, **STORE)
    dates = {"last_reconciled_on": "2025-06-30", "next_reconciliation_on": "2025-07-30"}
    take(store, "reconcile", by=office, files=1, is_ledger_balanced=False, is_compliant=False, **dates)
    take(store, "hand_over", by=office, reason="new custodian", custodian_post="副主任药师")
    assert (store.due_on, store.is_compliant, store.state) == (dt.date(2025, 7, 30), False, "reconciled")


def test_a_store_with_a_gap_in_its_ledger_is_not_managed_to_the_rules(office: Actor, institution: Institution) -> None:
    with pytest.raises(InvalidData, match="A store whose ledger does not balance is not managed to the rules"):
        take(MaterialStore(institution=institution), "register", by=office, **STORE, is_ledger_balanced=False)


def test_a_holder_is_vetted_trained_and_certified(office: Actor, institution: Institution) -> None:
    holder = KeyPost(institution=institution)
    take(holder, "appoint", by=office, **HOLDER)
    assert holder.is_counted
    take(holder, "vet", by=office, vetted_on="2025-02-02")
    take(holder, "train", by=office, trained_on="2025-02-03")
    take(holder, "certify", by=office, files=1, certificate_no="Z-1", certificate_valid_until="2027-02-03")
    assert (holder.state, holder.due_on) == ("certified", dt.date(2027, 2, 3))


def test_a_certificate_can_be_cited(office: Actor, institution: Institution) -> None:
    with pytest.raises(InvalidData, match="A certificate that is valid until a day has a number"):
        take(KeyPost(institution=institution), "appoint", by=office, **HOLDER, certificate_valid_until="2027-02-03")
