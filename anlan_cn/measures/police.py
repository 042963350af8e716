"""Work with the police, and the institution's own security people."""

from anlan.measures.algebra import Count, InForce, PeriodsCovered
from anlan.measures.predicate import col
from anlan_cn.measures.declare import declare

_ROOM = col("kind") == "police_room"

declare(
    "police_agreements_in_force", InForce(register="police_agreement"),
    zh="有效共建协议", en="Police agreements in force", unit="records", clause="S1-A7-k1", subsystem="M06",
)  # fmt: skip
declare(
    "police_agreements_with_contacts", InForce(register="police_agreement", where=col("has_contact_list").is_true()),
    zh="附联络名单的共建协议", en="Police agreements with a contact list",
    unit="records", clause="S1-A7-k2", subsystem="M06",
)  # fmt: skip
declare(
    "police_rooms_in_force", InForce(register="facility", where=_ROOM),
    zh="在用警务室", en="Police rooms in use", unit="records", clause="S1-A7-k2", subsystem="M06",
)  # fmt: skip
declare(
    "police_rooms_equipped",
    InForce(register="facility", where=_ROOM & col("has_equipment") & col("has_duty_roster")),
    zh="有装备和值班表的警务室", en="Police rooms with equipment and roster",
    unit="records", clause="S1-A7-k2", subsystem="M06",
)  # fmt: skip
declare(
    "security_departments_in_force", InForce(register="security_department", where=col("kind") == "department"),
    zh="在任保卫部门", en="Security departments in force",
    unit="records", clause="S1-A7-k5", subsystem="M06",
)  # fmt: skip
declare(
    "security_departments_or_persons",
    InForce(register="security_department", where=(col("kind") == "department") | col("is_full_time")),
    zh="保卫部门或专职人员", en="Security departments or full-time persons",
    unit="records", clause="S1-A7-k5", subsystem="M06",
)  # fmt: skip
declare(
    "security_posts_in_force", InForce(register="security_department"),
    zh="保卫部门或负责人", en="Security departments or persons in charge",
    unit="records", clause="S1-A8-k4", subsystem="M06",
)  # fmt: skip
declare(
    "defence_members_in_force", InForce(register="defence_member"),
    zh="在册联防队员", en="Joint-defence members", unit="members", clause="S1-A7-k6", subsystem="M06",
)  # fmt: skip
declare(
    "officer_visits", Count(register="officer_visit"),
    zh="民警上门次数", en="Officer visits", unit="records", clause="S1-A8-b", subsystem="M06",
)  # fmt: skip
declare(
    "officer_visit_quarters_covered", PeriodsCovered(register="officer_visit", per="quarter"),
    zh="有民警上门的季度", en="Quarters with an officer visit",
    unit="quarters", clause="S1-A8-b", subsystem="M06",
)  # fmt: skip
