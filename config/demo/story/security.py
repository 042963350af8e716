"""M05 and M06: places, devices, monthly checks, incidents, analyses, police liaison, guards, hazards."""

import datetime as dt
from collections.abc import Iterator

from config.demo.city import Hospital
from config.demo.item import YEARS, Item, Ref, Teller, months, size

START = dt.date(2023, 6, 1)
PLACES = (
    ("cashier", "收费处", False),
    ("pharmacy", "门诊药房", False),
    ("drug_store", "药库", False),
    ("computer_room", "信息中心机房", False),
    ("outpatient_hall", "门诊大厅", True),
    ("emergency", "急诊科", True),
    ("valuable_instrument", "影像设备室", False),
    ("parking", "停车场", True),
    ("oxygen", "供氧站", False),
    ("archive", "病案室", False),
    ("radiation", "放射源库", False),
    ("ward_floor", "住院楼", True),
)


def tell(hospital: Hospital) -> Iterator[Item]:
    """Yield the records of the hospital."""
    names = tuple(_place_names(hospital))
    yield from _places(hospital, names)
    yield from _devices(hospital, names)
    yield from _liaison(hospital)
    for year in YEARS:
        yield from _checks(hospital, names, year)
        yield from _analyses(hospital, year)
        yield from _incidents(hospital, year)
        yield from _hazards(hospital, year)


def _place_names(hospital: Hospital) -> Iterator[tuple[str, str, bool]]:
    """A bigger house has more kinds of place, and several ward floors."""
    count = 4 + 2 * size(hospital) if hospital.level else 5
    yield from PLACES[: min(count, 11)]
    for floor in range(1, min(9, hospital.beds // 80 + 1)):
        yield "ward_floor", f"住院楼 {floor + 1} 层", True


def _weak_places(hospital: Hospital, count: int) -> frozenset[int]:
    """The places that lack doors and technology; the first four of a hospital never do."""
    teller = Teller(hospital, "weak-places")
    return frozenset(number for number in range(count) if not teller.careful(slack=4) and number > 3)


def _places(hospital: Hospital, names: tuple[tuple[str, str, bool], ...]) -> Iterator[Item]:
    weak_places = _weak_places(hospital, len(names))
    for number, (kind, name, is_crowded) in enumerate(names):
        weak = number in weak_places
        values = {
            "occurred_on": START,
            "kind": kind,
            "name": name,
            "location": f"{1 + number % 3} 号楼 {1 + number % 4} 层",
            "is_crowded": is_crowded,
            "inspected_on": dt.date(2025, 3, 5),
            "has_people_defence": True,
            "has_object_defence": not weak,
            "has_technical_defence": not weak,
            "has_alarm": not weak,
            "has_camera": not weak,
            "has_link_110": kind in ("cashier", "drug_store", "radiation"),
            "meets_technical_standard": not weak,
        }
        yield Item(
            register="key_place",
            name=f"place-{number}",
            values=values,
            steps=("inspect_defences",),
            recorded_on=dt.date(2024, 1, 5),
            days={"inspect_defences": dt.date(2025, 3, 5)},
        )


def _devices(hospital: Hospital, names: tuple[tuple[str, str, bool], ...]) -> Iterator[Item]:
    teller = Teller(hospital, "devices")
    weak_places = _weak_places(hospital, len(names))
    for number, (kind, _, is_crowded) in enumerate(names):
        if number in weak_places:
            continue
        kinds = ["camera", "camera", "alarm"] if is_crowded else ["camera", "alarm"]
        kinds += ["link_110"] if kind in ("cashier", "drug_store", "radiation") else []
        kinds += ["one_key_alarm"] if kind in ("emergency", "outpatient_hall") else []
        for device in kinds:
            modern = teller.chance(40 + hospital.care / 2)
            values = {
                "occurred_on": dt.date(2023, teller.between(6, 12), 11),
                "kind": device,
                "place": Ref(name=f"place-{number}"),
                "model": f"演示型号-{teller.between(100, 999)}",
                "is_hd": device == "camera" and modern,
                "is_networked": device == "camera" and modern,
                "is_infrared_1080p": device == "camera" and modern and teller.chance(60),
                "is_working": True,
            }
            yield Item(register="device", values=values, recorded_on=dt.date(2024, 1, 8))


def _checks(hospital: Hospital, names: tuple[tuple[str, str, bool], ...], year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"checks-{year}")
    for number in range(len(names)):
        for year_, month in months(year):
            stopped = teller.has("checks_stopped") and month >= 5
            skipped = teller.has("checks_missed") and month == 7 and number % 3 == 0
            if year == 2025 and (stopped or skipped):
                continue
            day = teller.day(year_, month)
            found = teller.chance(3)
            forgetful = hospital.care < 80 and teller.chance(3)
            values = {
                "occurred_on": day,
                "place": Ref(name=f"place-{number}"),
                "checker_post": "" if forgetful else "保卫科干事",
                "people_ok": True,
                "objects_ok": not found,
                "technology_ok": True,
                "has_findings": found,
                "findings": "演示数据：门锁松动，已登记整改。" if found else "",
            }
            yield Item(register="key_place_check", values=values, recorded_on=teller.late(day, 2))


def _analyses(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"analyses-{year}")
    for year_, month in months(year):
        if year == 2025 and ((hospital.care < 72 and month == 2) or (teller.has("reports_missed") and month == 10)):
            continue
        day = dt.date(year_, month, teller.between(24, 28))
        values = {
            "occurred_on": day,
            "cases_reviewed": teller.between(0, 3),
            "warning_level": teller.pick("blue", "blue", "blue", "yellow"),
            "findings": "演示数据：本月治安形势平稳。",
            "measures_taken": "演示数据：加强夜间巡查。",
        }
        yield Item(register="case_analysis", values=values, steps=("report",), recorded_on=day)


def _incidents(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"incidents-{year}")
    crimes = 2 if size(hospital) > 2 else teller.between(0, 1)
    if teller.has("crime_rose"):
        crimes = 8 if year == 2024 else 10
    if teller.has("crime_from_zero"):
        crimes = 0 if year == 2024 else 2
    if year == 2025 and not hospital.faults and crimes:
        crimes -= 1
    for number in range(crimes + size(hospital) // 2 + 1):
        criminal = number < crimes
        day = teller.day_of_year(year)
        values = {
            "occurred_on": day,
            "kind": "criminal" if criminal else "public_order",
            "category": teller.pick("theft", "theft", "assault") if criminal else teller.pick("disturbance", "other"),
            "is_major": False,
            "loss_yuan": str(teller.between(2, 60) * 100) if criminal else None,
            "is_reported_to_police": True,
        }
        yield Item(register="security_incident", values=values, recorded_on=teller.late(day, 1))


def _liaison(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "liaison")
    lapsed = teller.has("agreement_lapsed")
    agreement = {
        "occurred_on": dt.date(2023, 3, 1),
        "ended_on": dt.date(2025, 3, 1) if lapsed else dt.date(2027, 3, 1),
        "partner": "辖区派出所",
        "document_no": "演示共建〔2023〕1号",
        "has_contact_list": True,
    }
    yield Item(register="police_agreement", values=agreement, steps=("sign",), recorded_on=dt.date(2024, 1, 4))
    if not teller.has("no_guard"):
        kind = "department" if hospital.level >= 2 or hospital.beds > 200 else "dedicated_person"
        values = {
            "occurred_on": dt.date(2022, 5, 1),
            "kind": kind,
            "name": "保卫科" if kind == "department" else "专职保卫干部",
            "head_post": "保卫科科长" if kind == "department" else "保卫干部",
            "is_full_time": True,
        }
        yield Item(register="security_department", values=values, recorded_on=dt.date(2024, 1, 4))
    for number in range(2 * size(hospital)):
        values = {
            "occurred_on": dt.date(2023, 1 + number % 12, 9),
            "holder_name": f"演示队员{number + 1}",
            "employment": teller.pick("full_time", "part_time"),
            "post_title": "联防队员",
        }
        yield Item(register="defence_member", values=values, recorded_on=dt.date(2024, 1, 9))
    for year in YEARS:
        for month in (1, 3, 5, 7, 9, 11):
            if hospital.level == 1 and hospital.care < 79 and month > 5:
                continue
            day = teller.day(year, month)
            visit = {
                "occurred_on": day,
                "officer_post": "社区民警",
                "station": "辖区派出所",
                "guidance": "演示数据：检查值班与巡查记录。",
                "assisted_cases": teller.between(0, 1),
            }
            yield Item(register="officer_visit", values=visit, recorded_on=teller.late(day))


def _hazards(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"hazards-{year}")
    for number in range(6 + 5 * size(hospital)):
        day = dt.date(year, 1, 1) + dt.timedelta(days=teller.between(0, 335))
        open_one = teller.has("open_hazards") and year == 2025 and number in (3, 7)
        late = not teller.careful()
        fixed = day + dt.timedelta(days=teller.between(18, 26) if late else teller.between(1, 13))
        values = {
            "occurred_on": day,
            "area": ("fire", "electrical")[number % 2]
            if open_one
            else teller.pick("fire", "fire", "electrical", "material", "place", "other", "boiler"),
            "level": "major" if teller.chance(4) else "general",
            "description": f"演示数据：第 {number + 1} 号隐患，"
            + teller.pick("疏散通道堆物", "灭火器压力不足", "线路老化", "标识脱落", "药柜未上锁"),
            "owner_post": teller.pick("总务科", "保卫科", "药剂科"),
        }
        if not open_one:
            mended = {
                "measures": "演示数据：已清理并复核。",
                "rectified_on": fixed,
                "verified_on": fixed + dt.timedelta(days=2),
            }
            values |= mended
        steps = ("assign",) if open_one else ("assign", "rectify", "verify")
        days = {"assign": day, "rectify": fixed, "verify": fixed + dt.timedelta(days=2)}
        yield Item(register="hazard", values=values, steps=steps, recorded_on=day, days=days)
