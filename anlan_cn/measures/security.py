"""Cases, their analysis and the lists of what must not happen."""

from anlan.measures.algebra import Change, Count, PeriodsCovered
from anlan.measures.predicate import col
from anlan_cn.measures.declare import declare

_CRIMINAL = Count(register="security_incident", where=col("kind") == "criminal")
_GENERAL = Count(register="security_incident", where=col("kind") == "public_order")
_GRAVE = ("political", "violent", "vicious", "large_theft")

declare(
    "case_analysis_months_covered", PeriodsCovered(register="case_analysis", per="month"),
    zh="有案情分析的月份", en="Months with a case analysis", unit="months", clause="S1-A3-k2", subsystem="M06",
)  # fmt: skip
declare(
    "criminal_cases", _CRIMINAL,
    zh="刑事案件", en="Criminal cases", unit="records", clause="S1-A3-k4", subsystem="M06",
)  # fmt: skip
declare(
    "criminal_cases_change", Change(measure=_CRIMINAL),
    zh="刑事案件同比", en="Criminal cases against the year before",
    unit="records", clause="S1-A3-k4", subsystem="M06",
)  # fmt: skip
declare(
    "general_cases", _GENERAL,
    zh="一般案件", en="General cases", unit="records", clause="S1-A3-f", subsystem="M06",
)  # fmt: skip
declare(
    "general_cases_change", Change(measure=_GENERAL),
    zh="一般案件同比", en="General cases against the year before",
    unit="records", clause="S1-A3-f", subsystem="M06",
)  # fmt: skip
declare(
    "zero_list_incidents", Count(register="security_incident", where=col("category").isin(_GRAVE)),
    zh="零发生清单案件", en="Incidents on the zero list", unit="records", clause="S1-A3-e", subsystem="M06",
)  # fmt: skip
for _category, _zh, _en in (
    ("political", "政治事件", "Political incidents"),
    ("violent", "严重暴力犯罪", "Grave violent crimes"),
    ("vicious", "恶性犯罪", "Vicious crimes"),
    ("large_theft", "大额盗窃", "Thefts of large sums"),
):
    declare(
        f"{_category}_incidents", Count(register="security_incident", where=col("category") == _category),
        zh=_zh, en=_en, unit="records", clause="S1-A3-e", subsystem="M06",
    )  # fmt: skip
declare(
    "major_incidents", Count(register="security_incident", where=col("is_major").is_true()),
    zh="重大治安事件", en="Major security incidents", unit="records", clause="S1-3.14-b", subsystem="M06",
)  # fmt: skip
