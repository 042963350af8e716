"""Polars: one lazy query of grouped scans and joins, collected by the streaming engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from bench.peers.duckdb_sql import JUDGED, PROPOSED, SET_ONLY, name
from bench.peers.formulas import MAXIMA, Sheet

START, END, BEFORE = date(2025, 1, 1), date(2025, 12, 31), date(2024, 1, 1)
KEY = "institution_id"
c = pl.col
GUARDED = ("cashier", "pharmacy", "drug_store", "computer_room", "valuable_instrument")
TWO_PERSONS = ("explosive", "toxic", "narcotic", "psychotropic")


def count(where: pl.Expr) -> pl.Expr:
    """Rows that meet the condition; null counts as no."""
    return where.fill_null(False).sum().cast(pl.Int64)


def months(where: pl.Expr | None = None) -> pl.Expr:
    """The set of months as bits."""
    bit = pl.lit(2, pl.Int64).pow((c("occurred_on").dt.month() - 1).cast(pl.UInt32)).cast(pl.Int64)
    return (bit if where is None else pl.when(where).then(bit).otherwise(0)).bitwise_or()


def quarters() -> pl.Expr:
    """The set of quarters as bits."""
    return pl.lit(2, pl.Int64).pow((c("occurred_on").dt.quarter() - 1).cast(pl.UInt32)).cast(pl.Int64).bitwise_or()


def ones(column: str) -> pl.Expr:
    """How many bits are set."""
    return c(column).bitwise_count_ones().cast(pl.Int64)


def grouped(folder: Path) -> Iterator[pl.LazyFrame]:
    """Yield one grouped scan per register."""

    def scan(code: str, *where: pl.Expr) -> pl.LazyFrame:
        return pl.scan_parquet(folder / f"{code}.parquet").filter(c("is_counted"), *where)

    year = c("occurred_on").is_between(START, END)
    two_years = c("occurred_on").is_between(BEFORE, END)
    force = (c("occurred_on") <= END) & (c("ended_on").is_null() | (c("ended_on") > END))
    now = c("occurred_on") >= START

    def standing(code: str, **columns: pl.Expr) -> pl.LazyFrame:
        return scan(code, force).group_by(KEY).agg(**columns)

    def events(code: str, **columns: pl.Expr) -> pl.LazyFrame:
        return scan(code, year).group_by(KEY).agg(**columns)

    rows, kind = pl.len().cast(pl.Int64), c("kind")
    yield standing("leading_group", groups=count(kind == "leading_group"), teams=count(kind == "working_team"))
    yield standing("leading_group_post", heads=count(c("is_institution_head") & c("is_first_responsible")))
    yield standing("programme_plan", plans=count(kind == "year_plan"), schemes=count(kind == "implementation_scheme"))
    complete = c("has_work_rules") & c("has_yearly_plan") & c("has_contact_person")
    yield standing("education_group", education_groups=count(complete))
    yield events("education_session", q_education=quarters())
    yield events("education_attendance", educated=c("staff_no").n_unique().cast(pl.Int64))
    yield events("technical_training", trainings=rows, trainings_bad=count(~c("is_ledger_complete")))
    yield events(
        "awareness_survey", aware=c("aware").sum().cast(pl.Int64), respondents=c("respondents").sum().cast(pl.Int64)
    )
    due = c("notice_due_on").is_between(START, END)
    late = due & (c("found") > 0) & (c("notified_on").is_null() | (c("notified_on") > c("notice_due_on")))
    yield scan("patient_screening", year | due).group_by(KEY).agg(screenings=count(year), notices_late=count(late))
    room = kind == "police_room"
    yield standing(
        "facility",
        psychology=count(kind == "psychology_unit"),
        rooms=count(room),
        rooms_equipped=count(room & c("has_equipment") & c("has_duty_roster")),
    )
    yield events("case_analysis", m_analyses=months())
    guarded, crowded = force & kind.is_in(GUARDED), force & c("is_crowded")
    defended = c("has_people_defence") & c("has_object_defence") & c("has_technical_defence")
    index = lambda day: day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64)  # noqa: E731
    ended = pl.min_horizontal(index(c("ended_on")).fill_null(24313), pl.lit(24313, pl.Int64))
    span = ended - pl.max_horizontal(index(c("occurred_on")), pl.lit(24301, pl.Int64))
    alive = (c("occurred_on") <= END) & (c("ended_on").is_null() | (c("ended_on") >= START))
    yield (
        scan("key_place", alive)
        .group_by(KEY)
        .agg(
            places=count(force),
            undefended=count(force & ~defended),
            guarded=count(guarded),
            unguarded=count(guarded & ~(c("has_object_defence") & c("has_alarm"))),
            crowded=count(crowded),
            crowded_dark=count(crowded & ~c("has_camera")),
            substandard=count(force & ~c("meets_technical_standard")),
            place_months=pl.max_horizontal(span, pl.lit(0, pl.Int64)).sum(),
        )
    )
    yield (
        scan("security_incident", two_years, kind == "criminal")
        .group_by(KEY)
        .agg(cases=count(now), cases_before=count(~now))
    )
    is_open = c("rectified_on").is_null() | (c("rectified_on") > END)
    area = c("area")
    yield (
        scan("hazard", c("occurred_on") <= END, is_open)
        .group_by(KEY)
        .agg(**{f"hazards_{word}": count(area == word) for word in ("fire", "boiler", "electrical", "material")})
    )
    yield standing("fire_facility", fire_bad=count(~c("is_working") | (c("next_check_on") < END)))
    yield standing("pressure_vessel", vessels_bad=count(~c("is_in_order") | (c("next_inspection_on") < END)))
    misused = ~c("is_compliant") | c("has_illegal_use") | (c("next_test_on") < END)
    yield standing("electrical_installation", electrical_bad=count(misused))
    unsafe = ~c("is_compliant") | ~c("is_ledger_balanced") | (c("next_reconciliation_on") < END)
    yield standing("material_store", stores_bad=count(unsafe | (kind.is_in(TWO_PERSONS) & ~c("has_two_person_lock"))))
    good = (c("vetted_on") <= END) & (c("trained_on") <= END) & (c("certificate_valid_until") >= END)
    yield standing("key_post", posts=rows, posts_good=count(good))
    yield standing("quality_plan", quality_plans=rows)
    lines = {
        f"m_{line}": months((c("level") == "department") & (c("line") == line))
        for line in ("medical", "nursing", "infection", "technology")
    }
    yield events("quality_activity", **lines, unchecked=count(~(c("has_self_check") & c("has_rectification"))))
    yield events("record_audit", grade_a=c("grade_a").sum().cast(pl.Int64), sampled=c("sampled").sum().cast(pl.Int64))
    yield scan("committee_meeting", year, kind == "medical_safety").group_by(KEY).agg(q_meetings=quarters())
    yield (
        scan("dispute", two_years)
        .group_by(KEY)
        .agg(
            disputes=count(now),
            disputes_before=count(~now),
            settled=count(now & (c("settled_on") <= END)),
            unrecorded=count(now & (c("closed_on") <= END) & ~c("has_mediation_record")),
        )
    )
    yield standing("reward_rule", rewards=count(c("covers_rewards")), penalties=count(c("covers_penalties")))
    yield events("key_place_check", checks=count(c("is_complete")), checks_bad=count(~c("is_complete")))
    yield standing("police_agreement", agreements=rows, agreements_contacts=count(c("has_contact_list")))
    full = (kind == "department") | c("is_full_time")
    yield standing("security_department", security=rows, security_full=count(full))
    yield standing("defence_member", members=rows)
    yield events("officer_visit", visits=rows)
    yield scan("judgement", c("rubric") == "qidong-2018", c("year") == 2025).group_by(KEY).agg(**verdicts())


def verdicts() -> dict[str, pl.Expr]:
    """One aggregate per rule on which a reviewer may have a say."""
    rules = (*JUDGED, *PROPOSED, *SET_ONLY)
    return {name(code): c("decision").cast(pl.Int64).filter(c("rule") == code).max() - 3 for code in rules}


def run(folder: Path, target: Path) -> None:
    """Write the deliverable."""
    table = pl.scan_parquet(folder / "institution.parquet").select(
        c("unit_id").alias(KEY),
        c("class_level").cast(pl.Int64),
        c("staff").cast(pl.Int64),
        c("is_large_specialist").cast(pl.Int64).alias("is_large"),
    )
    for frame in grouped(folder):
        table = table.join(frame, on=KEY, how="left")
    table = table.with_columns(c("^j_.*$").fill_null(-2), pl.exclude("^j_.*$", KEY).fill_null(0)).with_columns(
        education_quarters=ones("q_education"),
        analyses=ones("m_analyses"),
        meetings=ones("q_meetings"),
        quality_months=(c("m_medical") & c("m_nursing") & c("m_infection") & c("m_technology"))
        .bitwise_count_ones()
        .cast(pl.Int64),
    )

    def constant(value: object) -> pl.Expr:
        return value if isinstance(value, pl.Expr) else pl.lit(value, pl.Int64)

    sheet = Sheet(
        c,
        where=lambda when, then, otherwise: pl.when(when).then(constant(then)).otherwise(constant(otherwise)),
        least=lambda left, right: pl.min_horizontal(constant(left), constant(right)),
        greatest=lambda left, right: pl.max_horizontal(constant(left), constant(right)),
    )
    rules = {code: amount() for code, amount in sheet.rules().items()}
    table = table.with_columns(**rules)
    table = table.with_columns(
        **{
            category: sheet.points(category, pl.sum_horizontal(code for code in rules if code.startswith(category)))
            for category in MAXIMA
        }
    )
    table = table.select(KEY, *rules, *MAXIMA, raw=pl.sum_horizontal(*MAXIMA))
    table.collect(engine="streaming").write_parquet(target)
