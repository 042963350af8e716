"""M14 and M15: who was taught what, who knows of the programme, screening rounds and notices."""

import datetime as dt
from collections.abc import Iterator

from config.demo.city import Hospital
from config.demo.item import YEARS, Item, Ref, Teller

TOPICS = ("security", "fire", "law", "medical_safety", "emergency")


def tell(hospital: Hospital) -> Iterator[Item]:
    """Yield the records of the hospital."""
    teller = Teller(hospital, "education")
    group = {
        "occurred_on": dt.date(2024, 1, 15),
        "title": "安全宣传教育领导组",
        "head_post": "分管副院长",
        "document_no": "演示平安〔2024〕6号",
        "has_work_rules": True,
        "has_yearly_plan": teller.careful(),
        "has_contact_person": True,
    }
    yield Item(register="education_group", values=group, steps=("issue",), recorded_on=dt.date(2024, 1, 17))
    for year in YEARS:
        yield from _sessions(hospital, year)
        yield from _classes(hospital, year)
        yield from _surveys(hospital, year)
        yield from _screenings(hospital, year)


def _sessions(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"sessions-{year}")
    share = 91 if teller.has("few_trained") and year == 2025 else 97 + teller.between(0, 3)
    taught = round(hospital.staff * min(share, 100) / 100)
    for quarter in range(1, 5):
        if year == 2025 and quarter == 3 and teller.has("no_session_q3"):
            continue
        day = teller.day(year, quarter * 3 - teller.between(0, 2))
        people = [person for person in range(taught) if person % 4 != quarter - 1]  # each misses one of the four
        name = f"session-{year}-{quarter}"
        values = {
            "occurred_on": day,
            "topic": teller.pick(*TOPICS),
            "title": f"{year} 年第 {quarter} 季度安全教育",
            "lecturer_post": teller.pick("保卫科科长", "消防宣讲员", "法律顾问"),
            "hours": "1.5",
            "expected_count": max(len(people), hospital.staff * 3 // 4),
            "attended_count": len(people),
            "has_materials": True,
            "has_sign_in_sheet": True,
        }
        yield Item(register="education_session", name=name, values=values, recorded_on=teller.late(day))
        for person in people:
            seat = {
                "occurred_on": day,
                "session": Ref(name=name),
                "staff_no": f"{hospital.code}{person + 1:04d}",
                "staff_name": f"演示职工{person + 1:04d}",
                "passed": True if person % 23 else None,
            }
            yield Item(register="education_attendance", values=seat, recorded_on=teller.late(day))


def _classes(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"classes-{year}")
    kinds = ["mental_health", "mental_health", "sanji", "sanji", "emergency_skill"] + ["other"] * (hospital.level > 1)
    for number, kind in enumerate(kinds):
        day = teller.day(year, 2 + 2 * number if number < 5 else 11)
        complete = teller.careful()
        values = {
            "occurred_on": day,
            "kind": kind,
            "title": {"mental_health": "精神卫生培训班", "sanji": "三基培训", "emergency_skill": "急救技能培训"}.get(
                kind, "业务培训"
            ),
            "lecturer_post": "主治医师",
            "hours": "3.0",
            "attended_count": max(6, hospital.staff // teller.between(6, 12)),
            "has_sign_in_sheet": True,
            "has_materials": True,
            "has_test": complete,
        }
        yield Item(register="technical_training", values=values, recorded_on=teller.late(day, 5))


def _surveys(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"survey-{year}")
    for month in (5, 10):
        day = teller.day(year, month)
        respondents = max(20, hospital.staff // 4)
        aware = round(respondents * (teller.between(90, 99) if teller.careful() else teller.between(82, 89)) / 100)
        values = {
            "occurred_on": day,
            "method": teller.pick("paper", "online"),
            "respondents": respondents,
            "aware": aware,
        }
        yield Item(register="awareness_survey", values=values, recorded_on=teller.late(day))


def _screenings(hospital: Hospital, year: int) -> Iterator[Item]:
    teller = Teller(hospital, f"screening-{year}")
    if hospital.kind == "public_health" and hospital.staff < 60:
        return
    for month in (2, 5, 8, 11):
        day = teller.day(year, month)
        screened = teller.between(20, 60) * max(1, hospital.level)
        found = teller.between(0, 3) if month != 5 else 2
        late = month == 8 and teller.has("late_notices") and year == 2025
        values = {
            "occurred_on": day,
            "method": teller.pick("ward", "clinic", "community"),
            "screened": screened,
            "found": found,
        }
        if late:
            values["found"] = 3
        sent = day + dt.timedelta(days=24 if late else teller.between(1, 4))
        yield Item(register="patient_screening", values=values, recorded_on=day, days={"sent_on": sent})
