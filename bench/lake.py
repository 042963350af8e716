"""A deterministic synthetic lake: every register of the rubric for N institutions, as Parquet sorted by institution.

``python bench/lake.py 100000`` writes ``$BENCH_WORK/lake-100000`` (default folder ``./bench-work``) and prints its size.
About 130 records per institution for 2025, plus disputes and incidents of 2024 for the year-on-year rules. Values come
from hashes of (institution, record, register): the same N gives the same lake on every machine.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

ROW_GROUP = 122_880


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthetic:
    """One register: ``mean`` records per institution, scaled by its size unless fixed.

    Columns are SQL over ``u``, ``v``, ``w`` (0–1023, independent), ``d`` (the record's day) and ``k`` (its number).
    """

    code: str
    mean: float
    columns: tuple[tuple[str, str], ...]
    is_fixed: bool = False
    is_standing: bool = False
    has_previous_year: bool = False


def one_of(source: str, *choices: str) -> str:
    """Return SQL that picks a choice by ``source``."""
    listed = ", ".join(f"'{choice}'" for choice in choices)
    return f"([{listed}])[1 + ({source} % {len(choices)})]"


def mostly(source: str, missing: int) -> str:
    """Return SQL true but for ``missing`` of 1024."""
    return f"({source} >= {missing})"


def event(code: str, mean: float, *, fixed: bool = False, previous: bool = False, **columns: str) -> Synthetic:
    """Return a register of events."""
    return Synthetic(code=code, mean=mean, columns=tuple(columns.items()), is_fixed=fixed, has_previous_year=previous)


def standing(code: str, mean: float, *, fixed: bool = True, **columns: str) -> Synthetic:
    """Return a standing register."""
    return Synthetic(code=code, mean=mean, columns=tuple(columns.items()), is_fixed=fixed, is_standing=True)


# the rules on which a reviewer may have a say, as the rubric qidong-2018 reads by default
JUDGED = ("A1-k4", "A2-k1", "A3-k1", "A3-k3", "A3-k4", "A4-k1", "A4-k2", "A4-k3", "A4-k4", "A4-k5", "A5-k3", "A5-k6", "A7-k2",
          "A7-k7", "A8-k1", "A8-k5")  # fmt: skip
_DAY_OR_NULL = "CASE WHEN {0} >= {1} THEN d + ({2} % {3})::INT END"
REGISTERS: tuple[Synthetic, ...] = (
    standing("leading_group", 2, kind=one_of("k", "leading_group", "working_team"), is_head_in_chair=mostly("u", 20)),
    standing("leading_group_post", 4, seat=one_of("k", "head", "deputy", "member", "contact"),
             is_institution_head="k = 0", is_first_responsible=mostly("u", 30)),
    standing("programme_plan", 2, kind=one_of("k", "year_plan", "implementation_scheme")),
    event("support_item", 2, kind=one_of("u", "people", "money", "goods"), amount_yuan="(v * 100)::DECIMAL(12, 2)"),
    standing("education_group", 1, has_work_rules=mostly("u", 20), has_yearly_plan=mostly("v", 20),
             has_contact_person=mostly("w", 20)),
    event("education_session", 5, fixed=True, topic=one_of("u", "security", "fire", "law", "medical_safety"),
          expected_count="20 + v % 300", attended_count="20 + (v % 300) * (900 + w % 124) // 1024",
          has_materials=mostly("w", 30)),
    event("education_attendance", 16, staff_no="'S' || lpad((hash(institution_id, k // 2, u % 3) % 2000)::VARCHAR, 5, '0')",
          passed=mostly("v", 40)),
    event("technical_training", 2, fixed=True, kind=one_of("u", "mental_health", "sanji", "emergency_skill"),
          is_ledger_complete=mostly("v", 60)),
    event("awareness_survey", 1, fixed=True, respondents="50 + u % 200", aware="(50 + u % 200) * (900 + v % 124) // 1024"),
    event("patient_screening", 2, screened="10 + u % 200", found="v % 3",
          notice_due_on="CASE WHEN v % 3 > 0 THEN d + 7 END", notified_on=_DAY_OR_NULL.format("w", 40, "u", 9)),
    event("police_notice", 1, patients="1 + u % 3", sent_on=_DAY_OR_NULL.format("v", 20, "w", 5)),
    standing("facility", 2, kind=one_of("k + (u < 200)::INT", "psychology_unit", "police_room", "fire_control_room"),
             has_equipment=mostly("v", 50), has_duty_roster=mostly("w", 50)),
    standing("function_duty", 3, line=one_of("u", "administration", "medical", "nursing", "logistics", "security"),
             is_signed=mostly("v", 30)),
    event("case_analysis", 12, fixed=True, cases_reviewed="u % 5", has_report=mostly("v", 20)),
    event("security_incident", 1, previous=True, kind=one_of("u", "criminal", "public_order", "public_order"),
          category=one_of("v", "violent", "vicious", "theft", "theft", "assault", "disturbance", "other"),
          is_major="u < 20"),
    standing("key_place", 2, kind=one_of("u", "cashier", "pharmacy", "drug_store", "computer_room", "emergency", "parking"),
             is_crowded="v < 300", has_people_defence=mostly("u", 15), has_object_defence=mostly("v", 15),
             has_technical_defence=mostly("w", 15), has_alarm=mostly("u", 25), has_camera=mostly("w", 25),
             meets_technical_standard=mostly("v", 40)),
    standing("device", 4, fixed=False, kind=one_of("u", "camera", "camera", "alarm", "one_key_alarm", "link_110"),
             is_hd=mostly("v", 100), is_networked=mostly("w", 100), is_working=mostly("u", 30)),
    event("key_place_check", 16, is_complete=mostly("u", 15), people_ok=mostly("v", 20)),
    standing("fire_facility", 4, kind=one_of("u", "extinguisher", "hydrant", "detector", "exit_light"),
             is_working=mostly("v", 20), next_check_on="DATE '2026-01-10' + (w % 300)::INT - 20"),
    standing("pressure_vessel", 1, kind=one_of("u", "boiler", "pressure_vessel", "elevator"), is_in_order=mostly("v", 20),
             next_inspection_on="DATE '2026-01-10' + (w % 300)::INT - 20"),
    standing("electrical_installation", 1, is_compliant=mostly("u", 20), has_illegal_use="v < 10",
             next_test_on="DATE '2026-01-10' + (w % 300)::INT - 20"),
    standing("material_store", 1, kind=one_of("u", "flammable", "toxic", "narcotic", "radioactive"),
             is_compliant=mostly("v", 20), is_ledger_balanced=mostly("w", 20), has_two_person_lock=mostly("u", 20),
             next_reconciliation_on="DATE '2026-01-10' + (w % 300)::INT - 20"),
    event("hazard", 3, area=one_of("u", "fire", "boiler", "electrical", "material", "place"), due_on="d + 30",
          rectified_on=_DAY_OR_NULL.format("w", 15, "v", 35)),
    standing("key_post", 2, vetted_on=_DAY_OR_NULL.format("u", 15, "w", 90), trained_on=_DAY_OR_NULL.format("v", 15, "u", 90),
             certificate_valid_until="CASE WHEN w >= 15 THEN DATE '2026-01-10' + (v % 700)::INT - 10 END"),
    standing("quality_plan", 1, covers_hospital=mostly("u", 20), covers_departments=mostly("v", 20)),
    event("quality_activity", 18, level=one_of("u", "hospital", "department", "department", "department"),
          line=one_of("k", "medical", "nursing", "infection", "technology"),
          has_self_check=mostly("v", 20), has_rectification=mostly("w", 20)),
    event("record_audit", 4, fixed=True, sampled="100 + u % 50", grade_a="(100 + u % 50) * (960 + v % 64) // 1024"),
    event("committee_meeting", 4, fixed=True, kind=one_of("u", "medical_safety", "medical_safety", "dispute_analysis"),
          has_minutes=mostly("v", 20)),
    event("dispute", 2, previous=True, severity="CASE WHEN u < 60 THEN 'major' ELSE 'general' END",
          mediation=one_of("v", "none", "internal", "people", "judicial"), has_mediation_record=mostly("v", 20),
          settled_on=_DAY_OR_NULL.format("w", 40, "v", 60), closed_on=_DAY_OR_NULL.format("w", 60, "v", 90),
          is_settled=mostly("w", 40)),
    standing("reward_rule", 1, covers_rewards=mostly("u", 20), covers_penalties=mostly("v", 20)),
    standing("police_agreement", 1, has_contact_list=mostly("u", 30)),
    standing("security_department", 1, kind=one_of("u", "department", "dedicated_person"), is_full_time=mostly("v", 60)),
    standing("defence_member", 2, employment=one_of("u", "full_time", "part_time")),
    event("officer_visit", 2, assisted_cases="u % 3"),
    event("judgement", 6, fixed=True, rubric="'qidong-2018'", year="y",
          rule=one_of("(k * 5 + (hash(institution_id) & 15)::INT)", *JUDGED),
          verdict=one_of("u", "set", "set", "confirm", "reject"), deducted="CASE WHEN u % 4 < 2 THEN 50 * (v % 8) ELSE 0 END",
          decision="CASE u % 4 WHEN 2 THEN 2 WHEN 3 THEN 1 ELSE 3 + 50 * (v % 8) END"),
)  # fmt: skip


def generate(institutions: int, folder: Path) -> int:
    """Write the lake unless it is there, and return its number of records."""
    connection = duckdb.connect()
    made_from = hashlib.sha256(repr(REGISTERS).encode()).hexdigest()
    if not (folder / "complete").exists() or (folder / "complete").read_text() != made_from:
        folder.mkdir(parents=True, exist_ok=True)
        connection.execute("SET memory_limit = '6GB'")
        _write(connection, _institution_query(institutions), folder / "institution.parquet")
        for register in REGISTERS:
            _write(connection, register_query(register, folder), folder / f"{register.code}.parquet")
        (folder / "complete").write_text(made_from)
    codes = [str(folder / f"{register.code}.parquet") for register in REGISTERS]
    row = connection.execute("SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata($1)", [codes]).fetchone()
    assert row is not None
    return int(row[0])


def register_query(register: Synthetic, folder: Path) -> str:
    """Return the query of the register's records, in order of institution."""
    years = (2024, 2025) if register.has_previous_year else (2025,)
    scale = "1.0" if register.is_fixed else "size"
    spread = "0.0" if register.is_standing else "3.0"
    columns = "".join(f", {sql} AS {name}" for name, sql in register.columns)
    first = "DATE '2023-01-01'" if register.is_standing else "make_date(y, 1, 1)"
    span = 720 if register.is_standing else 365
    ended = ", CASE WHEN w < 25 THEN d + 400 + (v % 300)::INT END AS ended_on" if register.is_standing else ""
    return f"""
        SELECT institution_id, d AS occurred_on{ended}, (h >> 40) & 1023 >= 8 AS is_counted{columns}
        FROM (SELECT *, {first} + (({span} * (k + ((h >> 30) & 1023) / 1024.0)) // n)::INT AS d,
                     (h & 1023)::INT AS u, ((h >> 10) & 1023)::INT AS v, ((h >> 20) & 1023)::INT AS w
              FROM (SELECT *, hash(institution_id, k, y, '{register.code}') AS h
                    FROM (SELECT *, unnest(range(n))::INT AS k
                          FROM (SELECT institution_id, y, greatest(0, round({register.mean} * {scale}
                                       + {spread} * ((hash(institution_id, y, '{register.code}n') & 1023) / 1024.0 - 0.5))
                                )::INT AS n
                                FROM (SELECT unit_id AS institution_id, size, unnest({list(years)})::INT AS y
                                      FROM '{folder}/institution.parquet')))))
        ORDER BY institution_id, d"""


def _institution_query(institutions: int) -> str:
    return f"""
        SELECT i AS unit_id, CASE WHEN r < 15 THEN 3 WHEN r < 120 THEN 2 WHEN r < 700 THEN 1 ELSE 0 END::INT AS class_level,
               r % 40 = 0 AS is_large_specialist, (10 + r * 3)::INT AS staff,
               (CASE WHEN r < 15 THEN 4.0 WHEN r < 120 THEN 2.2 WHEN r < 700 THEN 0.9 ELSE 0.55 END)::DOUBLE AS size
        FROM (SELECT i, hash(i, 'institution') & 1023 AS r FROM range({institutions}) t(i)) ORDER BY i"""


def _write(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"
    connection.execute(f"COPY ({query}) TO '{file}' ({options})")


def folder_of(institutions: int) -> Path:
    """Return the folder of the lake of so many institutions."""
    return Path(os.environ.get("BENCH_WORK", "bench-work")) / f"lake-{institutions}"


def main() -> None:
    """Write the lake named on the command line."""
    institutions = int(sys.argv[1])
    started = time.perf_counter()
    folder = folder_of(institutions)
    records = generate(institutions, folder)
    size = sum(file.stat().st_size for file in folder.glob("*.parquet"))
    seconds = time.perf_counter() - started
    print(
        f"{folder}: {records:,} records, {records / institutions:.1f} per institution, {size / 1e6:.0f} MB, {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
