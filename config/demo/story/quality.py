"""M08: quality plan, activities, record audits and committee meetings."""

import datetime as dt
from collections.abc import Iterator

from config.demo.city import Hospital
from config.demo.item import YEARS, Item, Teller, months, size

LINES = ("medical", "nursing", "infection", "technology")
LINE_NAMES = {"medical": "医疗", "nursing": "护理", "infection": "院感", "technology": "医技"}


def tell(hospital: Hospital) -> Iterator[Item]:
    """Yield the records of the hospital."""
    for year in YEARS:
        yield from _plan(hospital, year)
        yield from _activities(hospital, year)
        yield from _audits(hospital, year)
        yield from _meetings(hospital, year)


def _plan(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"quality-plan-{year}")
    if year == 2025 and teller.has("no_plan"):
        return
    values = {
        "occurred_on": dt.date(year, 1, 1),
        "ended_on": dt.date(year + 1, 1, 1),
        "title": f"{year} 年医疗质量活动方案",
        "document_no": f"演示医〔{year}〕{teller.between(1, 9)}号",
        "covers_hospital": True,
        "covers_departments": True,
    }
    yield Item(
        register="quality_plan",
        values=values,
        steps=("approve", "issue"),
        recorded_on=dt.date(year, 1, teller.between(4, 25)),
    )


def _activities(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"activities-{year}")
    for year_, month in months(year):
        if teller.has("quality_gap") and year == 2025 and month in (4, 9):
            continue
        for line in LINES:
            if hospital.care < 80 and teller.chance(2):
                continue
            yield _activity(teller, "department", line, teller.day(year_, month))
        if month % 3 == 2:
            yield _activity(teller, "hospital", "medical", teller.day(year_, month))


def _activity(teller: Teller, level: str, line: str, day: dt.date) -> Item:
    rectified = teller.careful(slack=5)
    values = {
        "occurred_on": day,
        "level": level,
        "line": line,
        "title": f"{day.month} 月{LINE_NAMES[line]}质量{'全院' if level == 'hospital' else ''}活动",
        "has_self_check": True,
        "self_check": "演示数据：抽查并登记问题。",
        "has_rectification": rectified,
        "rectification": "演示数据：逐项整改并复查。" if rectified else "",
    }
    return Item(register="quality_activity", values=values, recorded_on=teller.late(day))


def _audits(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"audits-{year}")
    if hospital.kind == "public_health":
        return
    low = teller.has("low_grade_a") and year == 2025
    for year_, month in months(year):
        for sample in ("archived", "running"):
            sampled = 20 + 10 * size(hospital)
            grade_a = round(sampled * (teller.between(89, 94) if low else teller.between(95, 100)) / 100)
            grade_c = 1 if low and sampled - grade_a > 1 else 0
            day = teller.day(year_, month)
            values = {
                "occurred_on": day,
                "sample": sample,
                "sampled": sampled,
                "grade_a": grade_a,
                "grade_b": sampled - grade_a - grade_c,
                "grade_c": grade_c,
            }
            yield Item(register="record_audit", values=values, recorded_on=teller.late(day))


def _meetings(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"meetings-{year}")
    for quarter in range(1, 5):
        for kind, title in (("medical_safety", "医疗安全管理委员会会议"), ("dispute_analysis", "医疗纠纷投诉分析会")):
            missed = hospital.care < 79 or teller.has("meeting_missed")
            if quarter == 3 and missed and kind == "medical_safety" and year == 2025:
                continue
            day = teller.day(year, quarter * 3 - 1)
            values = {
                "occurred_on": day,
                "kind": kind,
                "title": f"第 {quarter} 季度{title}",
                "attendees": teller.between(7, 15),
                "resolutions": "演示数据：形成决议三项。",
                "has_minutes": True,
            }
            yield Item(register="committee_meeting", values=values, recorded_on=teller.late(day))
