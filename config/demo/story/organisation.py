"""M01 and M02: groups, seats, plans, means, duties of function departments, special rooms."""

import datetime as dt
from collections.abc import Iterator

from config.demo.city import Hospital
from config.demo.item import YEARS, Item, Ref, Teller

START = dt.date(2024, 1, 8)
LINES = ("administration", "medical", "nursing", "logistics", "security", "information", "personnel")


def tell(hospital: Hospital) -> Iterator[Item]:
    """Yield the records of the hospital."""
    yield from _groups(hospital)
    yield from _plans(hospital)
    yield from _means(hospital)
    yield from _rooms(hospital)


def _groups(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "groups")
    for kind, title in (("leading_group", "平安医院创建工作领导小组"), ("working_team", "平安医院创建工作办公室")):
        if kind == "working_team" and hospital.care < 75:
            continue
        values = {
            "occurred_on": START,
            "kind": kind,
            "title": title,
            "document_no": f"演示平安〔2024〕{teller.between(1, 9)}号",
            "head_post": "院长" if kind == "leading_group" else "分管副院长",
            "is_head_in_chair": kind == "leading_group",
        }
        yield Item(register="leading_group", name=kind, values=values, steps=("issue",), recorded_on=teller.late(START))
    seats = (
        ("head", "院长", True),
        ("deputy", "分管副院长", False),
        ("office_director", "平安办主任", False),
        ("member", "保卫科科长", False),
    )
    for number, (seat, post, is_head) in enumerate(seats):
        values = {
            "occurred_on": START,
            "group": Ref(name="leading_group"),
            "holder_name": f"演示人员{number + 1}",
            "post_title": post,
            "seat": seat,
            "is_institution_head": is_head,
            "is_first_responsible": is_head and not teller.has("head_not_first"),
        }
        yield Item(register="leading_group_post", values=values, recorded_on=teller.late(START))


def _plans(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "plans")
    for year in YEARS:
        for kind, title in (("year_plan", "年度创建规划"), ("implementation_scheme", "创建实施方案")):
            if year == 2025 and kind == "implementation_scheme" and teller.has("no_plan"):
                continue
            start = dt.date(year, 1, 1)
            values = {
                "occurred_on": start,
                "ended_on": dt.date(year + 1, 1, 1),
                "kind": kind,
                "title": f"{year} 年平安医院{title}",
                "document_no": f"演示平安〔{year}〕{teller.between(10, 40)}号",
                "goals": "演示数据：目标、任务、分工与时限。",
            }
            yield Item(
                register="programme_plan",
                values=values,
                steps=("approve", "issue"),
                recorded_on=dt.date(year, 1, teller.between(4, 20)),
            )


def _means(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "means")
    for year in YEARS:
        for kind, words in (("people", "增配保安员"), ("money", "安全设施专项经费"), ("goods", "防护器材")):
            if not teller.careful(slack=2):
                continue
            day = teller.day(year, teller.between(2, 10))
            values = {
                "occurred_on": day,
                "kind": kind,
                "description": words,
                "amount_yuan": str(teller.between(2, 90) * 1000 * max(1, hospital.level)) if kind == "money" else None,
                "quantity": teller.between(1, 12) if kind != "money" else None,
            }
            yield Item(register="support_item", values=values, recorded_on=teller.late(day))
    for line in LINES:
        if teller.careful():
            values = {"occurred_on": START, "line": line, "duty": "演示数据：本条线的安全职责。"}
            steps = ("sign",) if teller.careful() else ()
            yield Item(register="function_duty", values=values, steps=steps, recorded_on=teller.late(START, 10))


def _rooms(hospital: Hospital) -> Iterator[Item]:
    teller = Teller(hospital, "rooms")
    kinds = [("fire_control_room", "消防控制室")] if hospital.level >= 2 or hospital.beds > 200 else []
    if hospital.level >= 2 or hospital.large_specialist_reason:
        kinds += [("psychology_unit", "心理咨询室")] if not teller.has("no_psychology") else []
        kinds += [("police_room", "警务室")] if hospital.care >= 80 else []
    for kind, name in kinds:
        values = {
            "occurred_on": dt.date(2023, teller.between(1, 12), 6),
            "kind": kind,
            "name": name,
            "location": f"{teller.between(1, 4)} 号楼 1 层",
            "has_equipment": True,
            "has_duty_roster": teller.careful(),
        }
        yield Item(register="facility", values=values, recorded_on=START)
