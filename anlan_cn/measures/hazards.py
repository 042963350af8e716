"""Hazards: open, overdue and mended in time. A hazard is open until it is rectified, whenever it was found."""

from anlan.measures.algebra import Count, Overdue, Ratio
from anlan.measures.predicate import AS_OF, col
from anlan_cn.measures.declare import declare

_OPEN = ~(col("rectified_on") <= AS_OF)
_DUE = Count(register="hazard", by="due_on")
_MISSED = Overdue(register="hazard", due="due_on", done="rectified_on")

declare(
    "hazards_open", Count(register="hazard", where=_OPEN, window="ever"),
    zh="未整改隐患", en="Hazards open", unit="records", clause="S1-A4-k1", subsystem="M05",
)  # fmt: skip
for _area, _zh, _en, _clause in (
    ("fire", "火灾", "Fire", "S1-A4-k2"),
    ("boiler", "锅炉压力容器", "Boiler and vessel", "S1-A4-k3"),
    ("electrical", "用电", "Electrical", "S1-A4-k4"),
    ("material", "危险物品", "Material", "S1-A4-k5"),
):
    declare(
        f"{_area}_hazards_open",
        Count(register="hazard", where=_OPEN & (col("area") == _area), window="ever"),
        zh=f"未整改的{_zh}隐患", en=f"{_en} hazards open", unit="records", clause=_clause, subsystem="M05",
    )  # fmt: skip
declare(
    "hazards_overdue", _MISSED,
    zh="逾期隐患", en="Hazards past their deadline", unit="records", clause="S1-A4-k1", subsystem="M05",
)  # fmt: skip
declare(
    "hazards_mended_on_time", Ratio(numerator=_DUE - _MISSED, denominator=_DUE),
    zh="隐患按期整改率", en="Hazards mended on time", unit="records", clause="S2-2.4-b", subsystem="M05",
)  # fmt: skip
