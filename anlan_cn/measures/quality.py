"""Medical quality: plans, monthly and quarterly activities, record audits, committees."""

from anlan.measures.algebra import Count, InForce, PeriodsCovered, Ratio, Sum
from anlan.measures.predicate import ALWAYS, Predicate, col
from anlan_cn.measures.declare import declare

_LINES = ("medical", "nursing", "infection", "technology")
_DEPARTMENT = col("level") == "department"


def _grade_a(where: Predicate = ALWAYS) -> Ratio:
    return Ratio(
        numerator=Sum(register="record_audit", column="grade_a", where=where),
        denominator=Sum(register="record_audit", column="sampled", where=where),
    )


declare(
    "quality_plans_in_force", InForce(register="quality_plan"),
    zh="有效质量活动方案", en="Quality plans in force", unit="records", clause="S1-A5-k1", subsystem="M08",
)  # fmt: skip
declare(
    "quality_months_all_lines",
    PeriodsCovered(
        register="quality_activity", per="month", where=_DEPARTMENT, each=tuple(col("line") == line for line in _LINES)
    ),
    zh="四条线均有质量活动的月份", en="Months in which all four lines acted",
    unit="months", clause="S1-A5-k2", subsystem="M08",
)  # fmt: skip
declare(
    "quality_months_any_line", PeriodsCovered(register="quality_activity", per="month", where=_DEPARTMENT),
    zh="有职能线质量活动的月份", en="Months in which any line acted",
    unit="months", clause="S1-A5-k2", subsystem="M08",
)  # fmt: skip
for _line, _zh, _en in (
    ("medical", "医疗线", "medical line"),
    ("nursing", "护理线", "nursing line"),
    ("infection", "院感线", "infection line"),
    ("technology", "医技线", "technology line"),
):
    declare(
        f"quality_months_{_line}",
        PeriodsCovered(register="quality_activity", per="month", where=_DEPARTMENT & (col("line") == _line)),
        zh=f"{_zh}有质量活动的月份", en=f"Months with an activity of the {_en}",
        unit="months", clause="S1-A5-d", subsystem="M08",
    )  # fmt: skip
declare(
    "hospital_quality_quarters_covered",
    PeriodsCovered(register="quality_activity", per="quarter", where=col("level") == "hospital"),
    zh="院级质量活动季度", en="Quarters with a hospital quality activity",
    unit="quarters", clause="S1-A5-c", subsystem="M08",
)  # fmt: skip
declare(
    "quality_activities_unchecked",
    Count(register="quality_activity", where=~(col("has_self_check") & col("has_rectification"))),
    zh="缺自查或整改的活动", en="Quality activities without self-check or rectification",
    unit="records", clause="S1-A5-k3", subsystem="M08",
)  # fmt: skip
declare(
    "quality_activities_without_self_check", Count(register="quality_activity", where=~col("has_self_check")),
    zh="缺自查的活动", en="Quality activities without self-check",
    unit="records", clause="S1-A5-k3", subsystem="M08",
)  # fmt: skip
declare(
    "quality_activities_without_rectification",
    Count(register="quality_activity", where=~col("has_rectification")),
    zh="缺整改的活动", en="Quality activities without rectification",
    unit="records", clause="S1-A5-k3", subsystem="M08",
)  # fmt: skip
declare(
    "grade_a_rate", _grade_a(),
    zh="病历甲级率", en="Grade-A records", unit="records", clause="S1-A5-k4", subsystem="M08",
)  # fmt: skip
declare(
    "grade_a_rate_archived", _grade_a(col("sample") == "archived"),
    zh="归档病历甲级率", en="Grade-A records, archived", unit="records", clause="S1-A5-k4", subsystem="M08",
)  # fmt: skip
declare(
    "grade_a_rate_running", _grade_a(col("sample") == "running"),
    zh="运行病历甲级率", en="Grade-A records, running", unit="records", clause="S1-A5-k4", subsystem="M08",
)  # fmt: skip
declare(
    "safety_committee_quarters_covered",
    PeriodsCovered(register="committee_meeting", per="quarter", where=col("kind") == "medical_safety"),
    zh="医疗安全委员会活动季度", en="Quarters with a medical-safety committee",
    unit="quarters", clause="S1-A5-k5", subsystem="M08",
)  # fmt: skip
declare(
    "dispute_analysis_meetings", Count(register="committee_meeting", where=col("kind") == "dispute_analysis"),
    zh="纠纷投诉分析会", en="Dispute analysis meetings", unit="records", clause="S1-A5-h", subsystem="M11",
)  # fmt: skip
