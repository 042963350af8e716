"""M18: what the city's reviewers decided on the rules that a person judges. A few institutions still wait."""

import datetime as dt
from collections.abc import Iterator

from config.demo.city import Hospital
from config.demo.item import YEARS, Item, Teller

RULES = (("A1-k4", 200), ("A3-k1", 300), ("A4-k1", 200))
STILL_WAITING = ("E04", "W05", "W08")


def tell(hospital: Hospital) -> Iterator[Item]:
    """Yield the judgements on the hospital: points are taken where it was careless."""
    teller = Teller(hospital, "judgements")
    for year in YEARS:
        if year == 2025 and hospital.code in STILL_WAITING:
            continue
        for rule, most in RULES:
            takes = hospital.care < 80 and teller.chance(60)
            values = {
                "occurred_on": dt.date(year, 12, 28),
                "rubric": "qidong-2018",
                "rule": rule,
                "year": year,
                "verdict": "set",
                "deducted": most if takes else 0,
                "reason": "演示数据：现场查阅台账，" + ("记录单薄，落实不到位。" if takes else "落实到位。"),
            }
            yield Item(register="judgement", values=values, recorded_on=dt.date(year, 12, 28))
