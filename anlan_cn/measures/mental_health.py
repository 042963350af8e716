"""Screening of patients at risk, notices to police and governance offices, psychology units. Counts only, no person."""

from anlan.measures.algebra import Count, InForce, Overdue, Ratio, Sum
from anlan.measures.predicate import col
from anlan_cn.measures.declare import declare

_FOUND = col("found") > 0
_NOTICES_DUE = Count(register="patient_screening", where=_FOUND, by="notice_due_on")
_NOTICES_LATE = Overdue(register="patient_screening", due="notice_due_on", done="notified_on", where=_FOUND)

declare(
    "patient_screenings", Count(register="patient_screening"),
    zh="患者排查次数", en="Patient screening rounds", unit="records", clause="S1-A2-k5", subsystem="M14",
)  # fmt: skip
declare(
    "patients_found", Sum(register="patient_screening", column="found"),
    zh="排查发现人数", en="Patients found at risk", unit="patients", clause="S1-3.5-a", subsystem="M14",
)  # fmt: skip
declare(
    "patient_notices_due", _NOTICES_DUE,
    zh="到期应告知批次", en="Patient notices due", unit="records", clause="S1-A2-k6", subsystem="M14",
)  # fmt: skip
declare(
    "patient_notices_late", _NOTICES_LATE,
    zh="未按期告知批次", en="Patient notices late or missing",
    unit="records", clause="S1-A2-k6", subsystem="M14",
)  # fmt: skip
declare(
    "patient_notices_on_time", Ratio(numerator=_NOTICES_DUE - _NOTICES_LATE, denominator=_NOTICES_DUE),
    zh="患者信息通告及时率", en="Patient notices on time", unit="records", clause="S1-3.5-j", subsystem="M14",
)  # fmt: skip
declare(
    "psychology_units_in_force", InForce(register="facility", where=col("kind") == "psychology_unit"),
    zh="在用心理科室", en="Psychology units in use", unit="records", clause="S1-A2-k7", subsystem="M14",
)  # fmt: skip
