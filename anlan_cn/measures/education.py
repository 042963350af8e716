"""Safety education, technical training and what people know of the programme."""

from anlan.measures.algebra import Attribute, Count, Distinct, InForce, PeriodsCovered, Ratio, Sum
from anlan.measures.predicate import col
from anlan_cn.measures.declare import declare

declare(
    "education_groups_in_force", InForce(register="education_group"),
    zh="在任教育组织", en="Education groups in force", unit="records", clause="S1-A2-k1", subsystem="M15",
)  # fmt: skip
declare(
    "education_groups_complete",
    InForce(
        register="education_group",
        where=col("has_work_rules") & col("has_yearly_plan") & col("has_contact_person"),
    ),
    zh="齐全的教育组织", en="Education groups that are complete",
    unit="records", clause="S1-A2-k1", subsystem="M15",
)  # fmt: skip
declare(
    "education_quarters_covered", PeriodsCovered(register="education_session", per="quarter"),
    zh="有安全教育的季度", en="Quarters with safety education",
    unit="quarters", clause="S1-A2-k2", subsystem="M15",
)  # fmt: skip
declare(
    "education_coverage",
    Ratio(
        numerator=Distinct(register="education_attendance", column="staff_no"),
        denominator=Attribute(column="staff"),
    ),
    zh="职工受教育面", en="Education coverage of the staff", unit="staff", clause="S1-A2-k3", subsystem="M15",
)  # fmt: skip
declare(
    "education_passed_coverage",
    Ratio(
        numerator=Distinct(register="education_attendance", column="staff_no", where=col("passed").is_true()),
        denominator=Attribute(column="staff"),
    ),
    zh="职工考核通过面", en="Staff who passed an education test",
    unit="staff", clause="S1-A2-k3", subsystem="M15",
)  # fmt: skip
declare(
    "technical_trainings_held", Count(register="technical_training"),
    zh="技术培训次数", en="Technical trainings held", unit="records", clause="S1-A2-k4", subsystem="M15",
)  # fmt: skip
declare(
    "technical_trainings_incomplete", Count(register="technical_training", where=~col("is_ledger_complete")),
    zh="台账不完整的技术培训", en="Technical trainings with an incomplete ledger",
    unit="records", clause="S1-A2-k4", subsystem="M15",
)  # fmt: skip
declare(
    "mental_health_classes", Count(register="technical_training", where=col("kind") == "mental_health"),
    zh="精神卫生培训班", en="Mental-health classes", unit="records", clause="S1-3.5-k", subsystem="M15",
)  # fmt: skip
declare(
    "campaign_awareness",
    Ratio(
        numerator=Sum(register="awareness_survey", column="aware"),
        denominator=Sum(register="awareness_survey", column="respondents"),
    ),
    zh="创建活动知晓率", en="Awareness of the campaign",
    unit="respondents", clause="S1-A2-k5", subsystem="M17",
)  # fmt: skip
