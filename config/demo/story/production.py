"""M07: fire facilities, vessels, electricity, material stores, key posts. The state at the end of 2025 is what counts."""

import datetime as dt
from collections.abc import Iterator

from config.demo.city import Hospital
from config.demo.item import Item, Teller, size

LISTED = dt.date(2024, 1, 10)


def tell(hospital: Hospital) -> Iterator[Item]:
    """Yield the records of the hospital."""
    yield from _fire(hospital)
    yield from _vessels(hospital)
    yield from _electricity(hospital)
    yield from _stores(hospital)
    yield from _posts(hospital)


def _next(teller: Teller) -> dt.date:
    """A careful hospital's next check lies ahead; a careless one let it pass."""
    if teller.careful(slack=6):
        return dt.date(2027 + teller.between(0, 1), teller.between(1, 12), 15)
    return dt.date(2025, teller.between(9, 11), 15)


def _fire(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "fire")
    for number in range(6 + 6 * size(hospital)):
        values = {
            "occurred_on": dt.date(2022, 1 + number % 12, 3),
            "kind": teller.pick(
                "extinguisher", "extinguisher", "hydrant", "detector", "sprinkler", "exit_light", "fire_door"
            ),
            "location": f"{1 + number % 3} 号楼 {1 + number // 3} 层",
            "quantity": teller.between(1, 12),
            "is_working": True,
            "last_checked_on": dt.date(2024, 1, 9),
            "next_check_on": _next(teller),
        }
        yield Item(register="fire_facility", values=values, recorded_on=LISTED)


def _vessels(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "vessels")
    kinds = ["elevator"] * (size(hospital) - 1) + ["pressure_vessel"] * (1 + size(hospital) // 2)
    kinds += ["boiler"] if hospital.beds > 100 else []
    kinds += ["hyperbaric"] if hospital.level == 3 else []
    for number, kind in enumerate(kinds):
        values = {
            "occurred_on": dt.date(2021, 1 + number % 12, 5),
            "kind": kind,
            "registration_no": f"演示{hospital.code}{number:03d}",
            "location": f"{1 + number % 3} 号楼",
            "is_in_order": True,
            "last_inspected_on": dt.date(2024, 1, 9),
            "next_inspection_on": _next(teller),
        }
        yield Item(register="pressure_vessel", values=values, recorded_on=LISTED)


def _electricity(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "electricity")
    for number in range(2 + size(hospital)):
        values = {
            "occurred_on": dt.date(2021, 1 + number % 12, 7),
            "kind": ("distribution_room", "distribution_box", "generator", "line")[number % 4],
            "location": f"{1 + number % 3} 号楼 地下 1 层",
            "is_compliant": teller.careful(slack=5),
            "has_illegal_use": False,
            "last_tested_on": dt.date(2024, 1, 9),
            "next_test_on": _next(teller),
        }
        yield Item(register="electrical_installation", values=values, recorded_on=LISTED)


def _stores(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "stores")
    kinds = ["narcotic", "psychotropic", "flammable"] + (["toxic", "radioactive"] if hospital.level >= 2 else [])
    kinds += ["pathogen"] if hospital.kind == "public_health" else []
    for kind in kinds:
        balanced = teller.careful(slack=6)
        values = {
            "occurred_on": dt.date(2022, teller.between(1, 12), 2),
            "kind": kind,
            "location": f"{teller.between(1, 3)} 号楼 1 层",
            "custodian_post": "库管员",
            "has_two_person_lock": True,
            "is_ledger_balanced": balanced,
            "is_compliant": balanced,
            "last_reconciled_on": dt.date(2024, 1, 9),
            "next_reconciliation_on": _next(teller),
        }
        yield Item(register="material_store", values=values, recorded_on=LISTED)


def _posts(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "key-posts")
    kinds = ["pharmacy", "security", "electrician"] + ["fire_control", "fire_control", "elevator"] * (
        hospital.level > 1
    )
    kinds += ["radiation", "boiler"] if hospital.level == 3 else []
    for number, kind in enumerate(kinds * (1 + size(hospital) // 3)):
        expired = teller.has("old_certificates") and number == 0
        values = {
            "occurred_on": dt.date(2023, 1 + number % 12, 4),
            "kind": kind,
            "holder_name": f"演示岗位人员{number + 1}",
            "vetted_on": dt.date(2023, 1 + number % 12, 2),
            "trained_on": dt.date(2023, 1 + number % 12, 3),
            "certificate_no": f"演示证{hospital.code}{number:03d}",
            "certificate_valid_until": dt.date(2025, 8, 31) if expired else dt.date(2028, 1 + number % 12, 1),
        }
        yield Item(register="key_post", values=values, recorded_on=LISTED)
