"""The registers as plain tables, for tests of figures and scores that need no Django.

``World`` holds institutions and records in SQLite; a record is one call, and columns left out take the value of a good
record. The real tables are derived from the registers' classes; a test elsewhere compares the two.
"""

from __future__ import annotations

import datetime
import sqlite3
from functools import cache
from pathlib import Path

import anlan_cn.measures
import anlan_cn.rubrics
from anlan.assessment.load import load_rubric
from anlan.assessment.rubric import Rubric
from anlan.assessment.score import JUDGEMENT, ScoreTable, score_institutions
from anlan.assessment.sheet import RuleScore, Sheet
from anlan.measures.engines import SqlConnection
from anlan.measures.schema import Column, ColumnType, InstitutionTable, RegisterTable, Schema

assert anlan_cn.measures  # importing it declares the measures
RUBRIC = Path(anlan_cn.rubrics.__file__).parent / "qidong-2018.yaml"
YEAR = 2025
YEAR_END = datetime.date(YEAR, 12, 31)

# code: standing?, columns as name:type, ... An "=" gives the value of a good record; without one it is null.
_REGISTERS = """
leading_group S kind:text=leading_group title:text document_no:text head_post:text is_head_in_chair:bool=1
leading_group_post S group_id:int holder_name:text post_title:text seat:text=head is_institution_head:bool=1 is_first_responsible:bool=1
programme_plan S kind:text=year_plan title:text document_no:text goals:text
support_item - kind:text=people description:text amount_yuan:decimal quantity:int
education_group S title:text head_post:text document_no:text has_work_rules:bool=1 has_yearly_plan:bool=1 has_contact_person:bool=1
education_session - topic:text=security title:text hours:decimal expected_count:int attended_count:int has_materials:bool=1 has_sign_in_sheet:bool=1
education_attendance - session_id:int staff_no:text passed:bool
technical_training - kind:text=other title:text attended_count:int has_sign_in_sheet:bool=1 has_materials:bool=1 has_test:bool=1 is_ledger_complete:bool=1
awareness_survey - method:text=paper respondents:int=100 aware:int=100
patient_screening - method:text=ward screened:int=10 found:int=0 notice_due_on:date notified_on:date
police_notice - screening_id:int recipient:text=both patients:int sent_on:date
facility S kind:text=psychology_unit name:text location:text has_equipment:bool=1 has_duty_roster:bool=1
function_duty S line:text=medical duty:text is_signed:bool=1
case_analysis - cases_reviewed:int=0 warning_level:text=blue findings:text measures_taken:text
security_incident - kind:text=criminal category:text=theft is_major:bool=0 place_id:int loss_yuan:decimal is_reported_to_police:bool=1
key_place S kind:text=archive name:text location:text is_crowded:bool=0 has_people_defence:bool=1 has_object_defence:bool=1 has_technical_defence:bool=1 has_alarm:bool=1 has_camera:bool=1 has_link_110:bool=1 meets_technical_standard:bool=1 inspected_on:date
device S kind:text=camera place_id:int model:text is_hd:bool=1 is_networked:bool=1 is_infrared_1080p:bool=1 is_working:bool=1
key_place_check - place_id:int=1 month_no:int checker_post:text people_ok:bool=1 objects_ok:bool=1 technology_ok:bool=1 has_findings:bool=0 findings:text is_complete:bool=1
fire_facility S kind:text=extinguisher location:text quantity:int=1 is_working:bool=1 last_checked_on:date next_check_on:date=2026-06-30
pressure_vessel S kind:text=boiler registration_no:text location:text is_in_order:bool=1 last_inspected_on:date next_inspection_on:date=2026-06-30
electrical_installation S kind:text=generator location:text is_compliant:bool=1 has_illegal_use:bool=0 last_tested_on:date next_test_on:date=2026-06-30
material_store S kind:text=narcotic location:text custodian_post:text has_two_person_lock:bool=1 is_ledger_balanced:bool=1 is_compliant:bool=1 last_reconciled_on:date next_reconciliation_on:date=2026-06-30
hazard - area:text=fire level:text=general place_id:int description:text owner_post:text measures:text rectified_on:date verified_on:date
key_post S kind:text=fire_control vetted_on:date=2024-01-01 trained_on:date=2024-01-01 certificate_no:text certificate_valid_until:date=2027-12-31
quality_plan S title:text document_no:text covers_hospital:bool=1 covers_departments:bool=1
quality_activity - level:text=department line:text=medical title:text has_self_check:bool=1 has_rectification:bool=1 self_check:text rectification:text
record_audit - sample:text=archived sampled:int=100 grade_a:int=100 grade_b:int=0 grade_c:int=0
committee_meeting - kind:text=medical_safety title:text attendees:int resolutions:text has_minutes:bool=1
dispute - severity:text=general mediation:text=people has_mediation_record:bool=1 settled_on:date closed_on:date is_settled:bool=0 is_mass_incident:bool=0 amount_yuan:decimal
reward_rule S title:text document_no:text covers_rewards:bool=1 covers_penalties:bool=1
police_agreement S partner:text document_no:text has_contact_list:bool=1
security_department S kind:text=department name:text head_post:text is_full_time:bool=1
defence_member S employment:text=full_time post_title:text
officer_visit - officer_post:text station:text guidance:text assisted_cases:int
judgement - rubric:text=qidong-2018 rule:text year:int=2025 verdict:text=set deducted:int=0 reason:text
"""

# The honest times, which every register has.
TIMES: tuple[tuple[str, ColumnType], ...] = (
    ("recorded_on", "date"),
    ("late_days", "int"),
    ("is_late", "bool"),
    ("is_night_entry", "bool"),
    ("is_batch_entry", "bool"),
    ("is_copied", "bool"),
)
_TIMES = ", ".join(f"{name} {kind}" for name, kind in TIMES)


def judgement_table(*, table: str) -> RegisterTable:
    """Return the register of judgements as scoring reads it: rubric, rule, year and the decision as a number."""
    columns = (
        Column(name="rubric", type="text"),
        Column(name="rule", type="text"),
        Column(name="year", type="int"),
        Column(name="decision", type="int"),
    )
    return RegisterTable(code=JUDGEMENT, table=table, columns=columns, date="occurred_on")


@cache
def schema() -> Schema:
    """Return the tables of the register catalogue and of institutions."""
    registers = []
    for code, standing, columns in _lines():
        if code == "judgement":
            registers.append(judgement_table(table=f"anlan_cn_{code}"))
            continue
        typed = tuple(Column(name=name, type=kind) for name, kind, _ in columns)  # type: ignore[arg-type]
        times = tuple(Column(name=name, type=kind) for name, kind in TIMES)
        base = (Column(name="due_on", type="date"), Column(name="state", type="text"), *times)
        registers.append(
            RegisterTable(code=code, table=f"anlan_cn_{code}", columns=(*typed, *base), is_standing=standing)
        )
    institution = InstitutionTable(
        columns=(
            Column(name="class_level", type="int"),
            Column(name="is_large_specialist", type="bool"),
            Column(name="beds", type="int"),
            Column(name="staff", type="int"),
        )
    )
    return Schema(institution=institution, registers=tuple(registers))


@cache
def rubric(**readings: str) -> Rubric:
    """Return the 2018 rubric under the readings given."""
    return load_rubric(RUBRIC, readings=readings)


class World:
    """Institutions and their records, in an SQLite database in memory."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:")
        self.engine = SqlConnection(self.database.cursor, dialect="sqlite")
        self.database.execute(
            "create table org_institution (unit_id integer primary key, code text, class_level int, "
            "is_large_specialist bool, beds int, staff int)"
        )
        for code, standing, columns in _lines():
            names = ", ".join(f"{name} {kind}" for name, kind, _ in columns)
            ended = ", ended_on text" if standing else ""
            self.database.execute(
                f"create table anlan_cn_{code} (id integer primary key, institution_id int, is_counted bool, "
                f"state text, occurred_on text, due_on text, {_TIMES}{ended}, {names})"
            )
        self.database.execute(
            "alter table anlan_cn_judgement add column decision int generated always as "
            "(case verdict when 'set' then 3 + deducted when 'confirm' then 2 else 1 end)"
        )

    def institution(self, id: int = 1, *, level: int = 2, specialist: bool = False, staff: int | None = 100) -> int:
        """Add an institution and return its id."""
        self.database.execute(
            "insert into org_institution values (?, ?, ?, ?, 100, ?)", (id, f"H{id}", level, specialist, staff)
        )
        return id

    def add(self, register: str, on: str = "2025-01-02", *, at: int = 1, times: int = 1, **values: object) -> None:
        """Add a record (or ``times`` of it) of a register; ``on`` is its day."""
        row: dict[str, object] = {name: default for name, _, default in _columns(register) if default is not None}
        row |= {"institution_id": at, "is_counted": True, "occurred_on": on} | values
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        for _ in range(times):
            self.database.execute(f"insert into anlan_cn_{register} ({names}) values ({marks})", row)

    def monthly(self, register: str, *, year: int = YEAR, months: range = range(1, 13), **values: object) -> None:
        """Add a record on the fifth of each month."""
        for month in months:
            self.add(register, f"{year}-{month:02d}-05", **values)

    def drop(self, register: str, where: str = "1=1") -> None:
        """Delete records."""
        self.database.execute(f"delete from anlan_cn_{register} where {where}")

    def judge(self, rule: str, verdict: str, points: float = 0, *, at: int = 1) -> None:
        """Add a reviewer's judgement."""
        self.add("judgement", "2026-02-10", at=at, rule=rule, verdict=verdict, deducted=int(points * 100))

    def table(self, *, as_of: datetime.date = YEAR_END, year: int = YEAR, **readings: str) -> ScoreTable:
        """Score every institution."""
        return score_institutions(rubric(**readings), year=year, as_of=as_of, engine=self.engine, schema=schema())

    def sheet(self, id: int = 1, *, as_of: datetime.date = YEAR_END, **readings: str) -> Sheet:
        """Score and return one sheet."""
        return self.table(as_of=as_of, **readings).sheet(id)

    def rule(self, code: str, *, as_of: datetime.date = YEAR_END, **readings: str) -> RuleScore:
        """Score and return one rule of institution 1."""
        return self.sheet(as_of=as_of, **readings).rule(code)


def perfect(world: World, *, at: int = 1, level: int = 2, specialist: bool = False) -> World:
    """Add an institution of 100 staff that loses nothing by computation in 2025: every register is in good order."""
    world.institution(at, level=level, specialist=specialist)
    for register, several in _PERFECT.items():
        for values in several:
            world.add(register, at=at, **values)
    for month in range(1, 13):
        day = f"2025-{month:02d}-05"
        world.add("case_analysis", day, at=at)
        for line in ("medical", "nursing", "infection", "technology"):
            world.add("quality_activity", day, at=at, line=line)
        world.add("key_place_check", day, at=at, times=3)
    for month in (2, 5, 8, 11):
        day = f"2025-{month:02d}-20"
        world.add("education_session", day, at=at)
        world.add("committee_meeting", day, at=at)
        world.add("quality_activity", day, at=at, level="hospital")
        world.add("officer_visit", day, at=at)
    for number in range(100):
        world.add("education_attendance", "2025-05-20", at=at, staff_no=f"N{number}")
    return world


_PERFECT: dict[str, tuple[dict[str, object], ...]] = {
    "leading_group": ({"kind": "leading_group"}, {"kind": "working_team"}),
    "leading_group_post": ({},),
    "programme_plan": ({"kind": "year_plan"}, {"kind": "implementation_scheme"}),
    "support_item": ({"kind": "people"}, {"kind": "money"}, {"kind": "goods"}),
    "education_group": ({},),
    "technical_training": ({"kind": "mental_health"}, {"kind": "mental_health"}),
    "awareness_survey": ({},),
    "patient_screening": ({},),
    "facility": ({"kind": "psychology_unit"}, {"kind": "police_room"}),
    "function_duty": ({},),
    "key_place": ({"kind": "cashier", "on": "2024-12-01"}, {"kind": "pharmacy", "on": "2024-12-01"},
                  {"kind": "outpatient_hall", "is_crowded": True, "on": "2024-12-01"}),
    "fire_facility": ({},),
    "pressure_vessel": ({},),
    "electrical_installation": ({},),
    "material_store": ({},),
    "key_post": ({},),
    "quality_plan": ({},),
    "record_audit": ({"sample": "archived"}, {"sample": "running"}),
    "dispute": ({"settled_on": "2025-02-01", "closed_on": "2025-02-01"}, {"on": "2024-03-01", "closed_on": "2024-04-01"}),
    "reward_rule": ({},),
    "police_agreement": ({},),
    "security_department": ({},),
    "defence_member": ({},),
}  # fmt: skip


@cache
def _lines() -> tuple[tuple[str, bool, tuple[tuple[str, str, object], ...]], ...]:
    found = []
    for line in _REGISTERS.strip().splitlines():
        code, standing, *columns = line.split()
        found.append((code, standing == "S", tuple(_column(column) for column in columns)))
    return tuple(found)


def _columns(register: str) -> tuple[tuple[str, str, object], ...]:
    return next(columns for code, _, columns in _lines() if code == register)


def _column(text: str) -> tuple[str, str, object]:
    name, _, rest = text.partition(":")
    kind, _, default = rest.partition("=")
    if not default:
        return name, kind, None
    return name, kind, int(default) if kind in ("int", "bool") else default
