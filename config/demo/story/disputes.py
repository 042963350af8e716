"""M11 and M18: disputes with their mediation, and the reward-and-penalty rule."""

import datetime as dt
from collections.abc import Iterator

from config.demo.city import Hospital
from config.demo.item import YEARS, Item, Teller, size


def tell(hospital: Hospital) -> Iterator[Item]:
    """Yield the records of the hospital."""
    rule = {
        "occurred_on": dt.date(2023, 2, 1),
        "title": "安全工作奖惩办法",
        "document_no": "演示院办〔2023〕3号",
        "covers_rewards": True,
        "covers_penalties": True,
    }
    yield Item(register="reward_rule", values=rule, steps=("issue",), recorded_on=dt.date(2024, 1, 6))
    if hospital.kind == "public_health":
        return
    for year in YEARS:
        for number in range(_count(hospital, year)):
            yield _dispute(hospital, year, number)


def _count(hospital: Hospital, year: int) -> int:
    teller = Teller(hospital, "dispute-counts")
    base = 3 * size(hospital)
    if teller.has("disputes_rose"):
        return base if year == 2024 else base + 7
    if teller.has("new_disputes"):
        return 0 if year == 2024 else 2
    return base + 1 if year == 2024 else max(1, base - teller.between(0, 2))


def _dispute(hospital: Hospital, year: int, number: int) -> Item:
    teller = Teller(hospital, f"dispute-{year}-{number}")
    day = dt.date(year, 1, 3) + dt.timedelta(days=teller.between(0, 300))
    settled = day + dt.timedelta(days=teller.between(5, 40))
    unsettled = teller.has("low_settled") and year == 2025 and number % 6 == 0
    mediated = not (hospital.care < 77 and number == 1)
    values = {
        "occurred_on": day,
        "severity": "major" if teller.chance(6) else "general",
        "summary": "演示数据：对诊疗过程有异议。",
        "is_mass_incident": False,
        "amount_yuan": str(teller.between(0, 50) * 1000),
    }
    if not unsettled:
        values |= {"settled_on": settled, "closed_on": settled + dt.timedelta(days=6)}
    if mediated:
        values |= {
            "mediation": teller.pick("internal", "internal", "people"),
            "mediation_record_no": f"演示调〔{year}〕{number + 1:03d}号",
        }
    steps = ("mediate",) * mediated + ("settle", "close") * (not unsettled)
    days = {"mediate": day + dt.timedelta(days=3), "settle": settled, "close": settled + dt.timedelta(days=6)}
    return Item(register="dispute", values=values, steps=steps, recorded_on=teller.late(day, 2), days=days)
