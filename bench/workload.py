"""The workload of the lake benchmarks: figures and points of the shape of the 43 rules, over the synthetic lake.

A stand-in with the same registers, aggregates and arithmetic as the shipped rubric, so that the engine can be measured
without the content. Each rule yields its deduction in hundredths (null = no data); categories are capped.
"""

from __future__ import annotations

from anlan.measures.algebra import (
    Attribute,
    Change,
    Count,
    Distinct,
    Figure,
    InForce,
    MonthsInForce,
    Overdue,
    PeriodsCovered,
    PeriodsDue,
    Ratio,
    Sum,
)  # fmt: skip
from anlan.measures.catalogue import Measure
from anlan.measures.expression import UNKNOWN, Case, Condition, Const, Number, Ref, case, fig, greatest, least, total
from anlan.measures.plan import Output, Plan, make_plan
from anlan.measures.predicate import AS_OF, col
from anlan.measures.schema import Column, ColumnType, InstitutionTable, RegisterTable, Schema
from bench.lake import REGISTERS

_TYPES: dict[str, ColumnType] = {
    "kind": "text", "seat": "text", "topic": "text", "line": "text", "category": "text", "severity": "text",
    "employment": "text", "level": "text", "area": "text", "staff_no": "text", "amount_yuan": "decimal",
    "sampled": "int", "grade_a": "int", "expected_count": "int", "attended_count": "int", "respondents": "int",
    "aware": "int", "screened": "int", "found": "int", "patients": "int", "cases_reviewed": "int", "assisted_cases": "int",
    "mediation": "text", "rubric": "text", "rule": "text", "verdict": "text", "year": "int", "deducted": "int", "decision": "int",
}  # fmt: skip


def _type_of(name: str) -> ColumnType:
    return "date" if name.endswith(("_on", "_until")) else _TYPES.get(name, "bool")


SCHEMA = Schema(
    institution=InstitutionTable(
        columns=(
            Column(name="class_level", type="int"),
            Column(name="is_large_specialist", type="bool"),
            Column(name="staff", type="int"),
        )
    ),
    registers=tuple(
        RegisterTable(
            code=register.code,
            table=f"anlan_cn_{register.code}",
            columns=tuple(Column(name=name, type=_type_of(name)) for name, _ in register.columns),
            is_standing=register.is_standing,
        )
        for register in REGISTERS
    ),
)

_DEFENDED = col("has_people_defence") & col("has_object_defence") & col("has_technical_defence")
_GUARDED = col("kind").isin(("cashier", "drug_store", "computer_room", "valuable_instrument"))
_CRIMINAL = col("kind") == "criminal"
FIGURES: dict[str, Figure] = {
    "class_level": Attribute(column="class_level"),
    "large_specialist": Attribute(column="is_large_specialist"),
    "groups": InForce(register="leading_group", where=col("kind") == "leading_group"),
    "teams": InForce(register="leading_group", where=col("kind") == "working_team"),
    "first_responsible": InForce(
        register="leading_group_post", where=col("is_institution_head") & col("is_first_responsible")
    ),
    "year_plans": InForce(register="programme_plan", where=col("kind") == "year_plan"),
    "schemes": InForce(register="programme_plan", where=col("kind") == "implementation_scheme"),
    "people": Count(register="support_item", where=col("kind") == "people"),
    "money": Sum(register="support_item", column="amount_yuan", where=col("kind") == "money"),
    "goods": Count(register="support_item", where=col("kind") == "goods"),
    "education_groups": InForce(
        register="education_group", where=col("has_work_rules") & col("has_yearly_plan") & col("has_contact_person")
    ),
    "education_quarters_short": PeriodsDue(per="quarter") - PeriodsCovered(register="education_session", per="quarter"),
    "education_coverage": Ratio(
        numerator=Distinct(register="education_attendance", column="staff_no"), denominator=Attribute(column="staff")
    ),
    "trainings": Count(register="technical_training"),
    "training_ledgers_short": Count(register="technical_training", where=~col("is_ledger_complete")),
    "awareness": Ratio(
        numerator=Sum(register="awareness_survey", column="aware"),
        denominator=Sum(register="awareness_survey", column="respondents"),
    ),
    "screenings": Count(register="patient_screening"),
    "notices_late": Overdue(register="patient_screening", due="notice_due_on", done="notified_on"),
    "notices_due": Count(register="patient_screening", by="notice_due_on"),
    "psychology_units": InForce(register="facility", where=col("kind") == "psychology_unit"),
    "police_rooms": InForce(
        register="facility", where=(col("kind") == "police_room") & col("has_equipment") & col("has_duty_roster")
    ),
    "duties_signed": InForce(register="function_duty", where=col("is_signed").is_true()),
    "analysis_months_short": PeriodsDue(per="month") - PeriodsCovered(register="case_analysis", per="month"),
    "defended": Ratio(
        numerator=InForce(register="key_place", where=_DEFENDED), denominator=InForce(register="key_place")
    ),
    "criminal_change": Change(measure=Count(register="security_incident", where=_CRIMINAL)),
    "violent": Count(register="security_incident", where=col("category").isin(("violent", "vicious"))),
    "fire_bad": InForce(register="fire_facility", where=~col("is_working") | (col("next_check_on") < AS_OF)),
    "fire_facilities": InForce(register="fire_facility"),
    "vessels_bad": InForce(register="pressure_vessel", where=~col("is_in_order") | (col("next_inspection_on") < AS_OF)),
    "electrical_bad": InForce(
        register="electrical_installation", where=~col("is_compliant") | col("has_illegal_use")
    ),
    "stores_bad": InForce(register="material_store", where=~col("is_compliant") | ~col("is_ledger_balanced")),
    "hazards_late": Overdue(register="hazard", due="due_on", done="rectified_on"),
    "hazards_boiler": Count(register="hazard", where=(col("area") == "boiler") & col("rectified_on").is_null()),
    "hazards_electrical": Count(register="hazard", where=(col("area") == "electrical") & col("rectified_on").is_null()),
    "guarded_short": InForce(
        register="key_place", where=_GUARDED & (~col("has_alarm") | ~col("has_object_defence"))
    ),
    "crowded_dark": InForce(register="key_place", where=col("is_crowded") & ~col("has_camera")),
    "cameras": InForce(register="device", where=col("kind") == "camera"),
    "cameras_working": InForce(register="device", where=(col("kind") == "camera") & col("is_working")),
    "posts_unfit": InForce(
        register="key_post",
        where=~((col("vetted_on") <= AS_OF) & (col("trained_on") <= AS_OF) & (col("certificate_valid_until") >= AS_OF)),
    ),
    "quality_plans": InForce(register="quality_plan", where=col("covers_hospital") | col("covers_departments")),
    "quality_months_short": PeriodsDue(per="month") - PeriodsCovered(register="quality_activity", per="month"),
    "quality_quarters": PeriodsCovered(register="quality_activity", per="quarter", where=col("level") == "hospital"),
    "quality_items_short": Count(register="quality_activity", where=~col("has_self_check") | ~col("has_rectification")),
    "grade_a": Ratio(
        numerator=Sum(register="record_audit", column="grade_a"), denominator=Sum(register="record_audit", column="sampled")
    ),
    "committee_quarters_short": PeriodsDue(per="quarter")
    - PeriodsCovered(register="committee_meeting", per="quarter", where=col("kind") == "medical_safety"),
    "dispute_change": Change(measure=Count(register="dispute")),
    "disputes_unrecorded": Count(register="dispute", where=~col("has_mediation_record")),
    "settled": Ratio(numerator=Count(register="dispute", where=col("is_settled").is_true()), denominator=Count(register="dispute")),
    "reward_rules": InForce(register="reward_rule", where=col("covers_rewards") & col("covers_penalties")),
    "checks": Ratio(
        numerator=Count(register="key_place_check", where=col("is_complete").is_true()),
        denominator=MonthsInForce(register="key_place"),
    ),
    "checks_incomplete": Count(register="key_place_check", where=~col("is_complete")),
    "agreements": InForce(register="police_agreement"),
    "security": InForce(register="security_department"),
    "members": InForce(register="defence_member"),
    "standard_short": InForce(register="key_place", where=~col("meets_technical_standard")),
    "visits": Count(register="officer_visit"),
}  # fmt: skip


def _once(condition: Condition, points: int) -> Number:
    """A fixed deduction: the points where the condition is true, 0 where false, unknown where unknown."""
    return Case(((condition, Const(points)), (~condition, Const(0))), UNKNOWN)


def _below(name: str, percent: int) -> Condition:
    return fig(name, "num") * 100 < fig(name, "den") * percent


def _rise() -> Number:
    now, before = fig("criminal_change", "now"), fig("criminal_change", "before")
    steps = greatest(now - before, 0) * 100 // (before * 5)
    return case((now <= before, 0), (before > 0, least(600, steps * 100)), otherwise=UNKNOWN)


RULES: dict[str, tuple[tuple[str, Number], ...]] = {
    "A1": (
        ("A1-k1", _once((fig("groups") < 1) | (fig("teams") < 1), 300)),
        ("A1-k2", _once(fig("first_responsible") < 1, 200)),
        ("A1-k3", _once((fig("year_plans") < 1) | (fig("schemes") < 1), 300)),
        ("A1-k4", _once((fig("people") < 1) & (fig("money") < 1) & (fig("goods") < 1), 200)),
    ),
    "A2": (
        ("A2-k1", _once(fig("education_groups") < 1, 100)),
        ("A2-k2", _once(fig("education_quarters_short") > 0, 200)),
        ("A2-k3", _once(_below("education_coverage", 95), 100)),
        ("A2-k4", _once((fig("trainings") < 1) | (fig("training_ledgers_short") > 0), 100)),
        ("A2-k5", _once(_below("awareness", 90) | (fig("screenings") < 1), 100)),
        ("A2-k6", _once(fig("notices_late") > 0, 200)),
        ("A2-k7", _once((fig("class_level") >= 2) & (fig("psychology_units") < 1), 200)),
    ),
    "A3": (
        ("A3-k1", _once(fig("duties_signed") < 1, 300)),
        ("A3-k2", _once(fig("analysis_months_short") > 0, 300)),
        ("A3-k3", _once(_below("defended", 100), 300)),
        ("A3-k4", _rise()),
    ),
    "A4": (
        ("A4-k1", _once(fig("hazards_late") > 0, 200)),
        ("A4-k2", _once((fig("fire_facilities") < 1) | (fig("fire_bad") > 0), 200)),
        ("A4-k3", _once((fig("vessels_bad") > 0) | (fig("hazards_boiler") > 0), 200)),
        ("A4-k4", _once((fig("electrical_bad") > 0) | (fig("hazards_electrical") > 0), 200)),
        ("A4-k5", _once(fig("stores_bad") > 0, 300)),
        ("A4-k6", _once(fig("guarded_short") > 0, 200)),
        ("A4-k7", _once((fig("crowded_dark") > 0) | (fig("cameras_working") < fig("cameras")), 200)),
        ("A4-k8", _once(fig("posts_unfit") > 0, 300)),
    ),
    "A5": (
        ("A5-k1", _once(fig("quality_plans") < 1, 2500)),
        ("A5-k2", fig("quality_months_short") * 50),
        ("A5-k3", fig("quality_items_short") * 50),
        ("A5-k4", greatest(fig("grade_a", "den") * 95 - fig("grade_a", "num") * 100, 0) // fig("grade_a", "den") * 50),
        ("A5-k5", fig("committee_quarters_short") * 50),
        ("A5-k6", _once(fig("dispute_change", "now") > fig("dispute_change", "before"), 100)),
    ),
    "A6": (
        ("A6-k1", _once(fig("reward_rules") < 1, 200)),
        ("A6-k2", _once(_below("checks", 100) | (fig("checks_incomplete") > 0), 300)),
    ),
    "A7": (
        ("A7-k1", _once(fig("agreements") < 1, 300)),
        ("A7-k2", _once(fig("police_rooms") < 1, 400)),
        ("A7-k3", _once(fig("disputes_unrecorded") > 0, 200)),
        ("A7-k4", _once(_below("settled", 95), 200)),
        ("A7-k5", _once(fig("security") < 1, 300)),
        ("A7-k6", _once(fig("members") < 1, 200)),
        ("A7-k7", _once(fig("standard_short") > 0, 400)),
    ),
    "A8": (
        ("A8-k1", _once((fig("agreements") < 1) | (fig("visits") < 1), 500)),
        ("A8-k2", _once(fig("disputes_unrecorded") > 0, 300)),
        ("A8-k3", _once(_below("settled", 95), 200)),
        ("A8-k4", _once(fig("security") < 1, 400)),
        ("A8-k5", _once(_below("defended", 100), 600)),
    ),
}  # fmt: skip
MAXIMA = {"A1": 1000, "A2": 1000, "A3": 1000, "A4": 1000, "A5": 2500, "A6": 500, "A7": 1500, "A8": 1500}


def _points(category: str) -> Number:
    """Points of a category: its maximum less the known deductions, never below 0; 0 for a class row not its own."""
    from anlan.measures.expression import IfUnknown

    deductions = total(tuple(IfUnknown(Ref(rule), Const(0)) for rule, _ in RULES[category]))
    points = MAXIMA[category] - least(MAXIMA[category], deductions)
    is_large, level = fig("large_specialist").eq(1), fig("class_level")
    if category == "A7":
        return case((is_large | (level >= 2), points), otherwise=0)
    return case((~is_large & level.eq(1), points), otherwise=0) if category == "A8" else points


def national_plan() -> Plan:
    """Return the plan of every figure, rule, category, the raw and the normalised score."""
    measures = [
        Measure(code=code, name=code, unit="", clause="", subsystem="", definition=figure)
        for code, figure in FIGURES.items()
    ]
    outputs = [Output(name=rule, expression=number) for rules in RULES.values() for rule, number in rules]
    outputs += [Output(name=f"{category}.points", expression=_points(category)) for category in RULES]
    outputs.append(Output(name="raw", expression=total(tuple(Ref(f"{category}.points") for category in RULES))))
    has_row = fig("large_specialist").eq(1) | (fig("class_level") >= 1)
    maximum = case((has_row, 8500), otherwise=7000)
    outputs.append(Output(name="normalised", expression=(Ref("raw") * 20000 + maximum) // (maximum * 2)))
    return make_plan(measures, schema=SCHEMA, outputs=outputs)
