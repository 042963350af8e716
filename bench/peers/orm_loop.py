"""The way without an engine: for each institution some seventy ORM queries, indexed, on SQLite. Sampled, then extrapolated.

The database holds the first institutions of the lake. Its size barely matters, since every query goes through the index
on the institution.
"""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q, Sum

from bench.lake import REGISTERS
from bench.peers.duckdb_sql import PROPOSED
from bench.peers.formulas import MAXIMA, Sheet
from bench.workload import SCHEMA

STORED, SAMPLE = 2_000, 200
START, END, BEFORE = dt.date(2025, 1, 1), dt.date(2025, 12, 31), dt.date(2024, 1, 1)
_FIELDS: dict[str, Any] = {
    "int": lambda: models.IntegerField(null=True),
    "bool": lambda: models.BooleanField(null=True),
    "text": lambda: models.CharField(max_length=40, null=True),
    "date": lambda: models.DateField(null=True),
    "decimal": lambda: models.DecimalField(max_digits=14, decimal_places=2, null=True),
}
YEAR = Q(occurred_on__range=(START, END))
FORCE = Q(occurred_on__lte=END) & (Q(ended_on__isnull=True) | Q(ended_on__gt=END))
R: dict[str, Any] = {}


def prepare(folder: Path, file: Path) -> list[tuple[int, int, bool, int]]:
    """Store the first institutions' records and return (id, class level, is large, staff) of a sample."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}}, INSTALLED_APPS=[]
    )
    import django

    django.setup()
    file.unlink(missing_ok=True)
    for register in REGISTERS:
        table = SCHEMA.register(register.code)
        columns = {column.name: _FIELDS[column.type]() for column in table.columns}
        if register.is_standing:
            columns["ended_on"] = models.DateField(null=True)
        meta = type(
            "Meta",
            (),
            {
                "app_label": "bench",
                "indexes": [models.Index(fields=["institution_id", "occurred_on"], name=f"i_{register.code}"[:30])],
            },
        )
        base = {
            "institution_id": models.BigIntegerField(), "occurred_on": models.DateField(),
            "is_counted": models.BooleanField(), "__module__": __name__, "Meta": meta,
        }  # fmt: skip
        R[register.code] = type(register.code.title().replace("_", ""), (models.Model,), {**base, **columns})
    lake = duckdb.connect()
    with connection.schema_editor() as editor:
        for model in R.values():
            editor.create_model(model)
    for code, model in R.items():
        _fill(lake, folder / f"{code}.parquet", model)
    every = lake.execute(
        f"SELECT unit_id, class_level, is_large_specialist, staff FROM '{folder}/institution.parquet' WHERE unit_id < {STORED}"
    ).fetchall()
    return random.Random(3).sample(every, min(SAMPLE, len(every)))


def _fill(lake: duckdb.DuckDBPyConnection, file: Path, model: Any) -> None:
    names = [field.column for field in model._meta.concrete_fields if field.column != "id"]
    rows = lake.execute(f"SELECT {', '.join(names)} FROM '{file}' WHERE institution_id < {STORED}").fetchall()
    marks = ", ".join("?" * len(names))
    with_text = [[value.isoformat() if isinstance(value, dt.date) else value for value in row] for row in rows]
    with transaction.atomic():  # Django's cursor would format every row
        connection.connection.executemany(
            f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES ({marks})", with_text
        )


def score(institution: int, level: int, is_large: bool, staff: int) -> tuple[int, ...]:
    """Return the points of the eight categories and the raw score of one institution."""
    facts = _facts(institution) | {"class_level": level, "is_large": int(is_large), "staff": staff}
    sheet = Sheet(
        lambda name: facts.get(name, -2), where=lambda test, yes, no: yes if test else no, least=min, greatest=max
    )
    taken = {code: amount() for code, amount in sheet.rules().items()}
    points = [sheet.points(part, sum(taken[code] for code in taken if code.startswith(f"{part}_"))) for part in MAXIMA]
    return (*points, sum(points))


def _facts(institution: int) -> dict[str, int]:
    def of(code: str, where: Q) -> Any:
        return R[code].objects.filter(where, institution_id=institution, is_counted=True)

    return _standing(of) | _education(of) | _places(of) | _production(of) | _quality(of) | _judged(of)


def _standing(of: Any) -> dict[str, int]:
    group, plan, rule = of("leading_group", FORCE), of("programme_plan", FORCE), of("reward_rule", FORCE)
    facility, security = of("facility", FORCE), of("security_department", FORCE)
    room = facility.filter(kind="police_room")
    agreement = of("police_agreement", FORCE)
    return {
        "groups": group.filter(kind="leading_group").count(),
        "teams": group.filter(kind="working_team").count(),
        "heads": of("leading_group_post", FORCE).filter(is_institution_head=True, is_first_responsible=True).count(),
        "plans": plan.filter(kind="year_plan").count(),
        "schemes": plan.filter(kind="implementation_scheme").count(),
        "quality_plans": of("quality_plan", FORCE).count(),
        "rewards": rule.filter(covers_rewards=True).count(),
        "penalties": rule.filter(covers_penalties=True).count(),
        "psychology": facility.filter(kind="psychology_unit").count(),
        "rooms": room.count(),
        "rooms_equipped": room.filter(has_equipment=True, has_duty_roster=True).count(),
        "agreements": agreement.count(),
        "agreements_contacts": agreement.filter(has_contact_list=True).count(),
        "security": security.count(),
        "security_full": security.filter(Q(kind="department") | Q(is_full_time=True)).count(),
        "members": of("defence_member", FORCE).count(),
        "visits": of("officer_visit", YEAR).count(),
    }


def _education(of: Any) -> dict[str, int]:
    group = of("education_group", FORCE).filter(has_work_rules=True, has_yearly_plan=True, has_contact_person=True)
    training, survey = of("technical_training", YEAR), of("awareness_survey", YEAR)
    asked = survey.aggregate(aware=Sum("aware"), respondents=Sum("respondents"))
    due = of("patient_screening", Q(notice_due_on__range=(START, END), found__gt=0))
    return {
        "education_groups": group.count(),
        "education_quarters": of("education_session", YEAR).values("occurred_on__quarter").distinct().count(),
        "educated": of("education_attendance", YEAR).values("staff_no").distinct().count(),
        "trainings": training.count(),
        "trainings_bad": training.filter(is_ledger_complete=False).count(),
        "aware": asked["aware"] or 0,
        "respondents": asked["respondents"] or 0,
        "screenings": of("patient_screening", YEAR).count(),
        "notices_late": due.filter(Q(notified_on__isnull=True) | Q(notified_on__gt=F("notice_due_on"))).count(),
        "analyses": of("case_analysis", YEAR).values("occurred_on__month").distinct().count(),
    }


def _places(of: Any) -> dict[str, int]:
    place, check = of("key_place", FORCE), of("key_place_check", YEAR)
    guarded = place.filter(kind__in=("cashier", "pharmacy", "drug_store", "computer_room", "valuable_instrument"))
    defended = Q(has_people_defence=True, has_object_defence=True, has_technical_defence=True)
    months = 0
    for begun, ended in of("key_place", Q()).values_list("occurred_on", "ended_on"):
        last = min(ended.year * 12 + ended.month, 24313) if ended else 24313
        months += max(0, last - max(begun.year * 12 + begun.month, 24301))
    return {
        "places": place.count(),
        "undefended": place.exclude(defended).count(),
        "unguarded": guarded.exclude(has_object_defence=True, has_alarm=True).count(),
        "crowded_dark": place.filter(is_crowded=True, has_camera=False).count(),
        "substandard": place.filter(meets_technical_standard=False).count(),
        "place_months": months,
        "checks": check.filter(is_complete=True).count(),
        "checks_bad": check.filter(is_complete=False).count(),
    }


def _production(of: Any) -> dict[str, int]:
    hazard = of("hazard", Q(occurred_on__lte=END) & (Q(rectified_on__isnull=True) | Q(rectified_on__gt=END)))
    unlocked = Q(kind__in=("explosive", "toxic", "narcotic", "psychotropic"), has_two_person_lock=False)
    post = of("key_post", FORCE)
    good = post.filter(vetted_on__lte=END, trained_on__lte=END, certificate_valid_until__gte=END)
    return {f"hazards_{area}": hazard.filter(area=area).count() for area in ("fire", "boiler", "electrical", "material")} | {
        "fire_bad": of("fire_facility", FORCE).filter(Q(is_working=False) | Q(next_check_on__lt=END)).count(),
        "vessels_bad": of("pressure_vessel", FORCE).filter(Q(is_in_order=False) | Q(next_inspection_on__lt=END)).count(),
        "electrical_bad": of("electrical_installation", FORCE)
        .filter(Q(is_compliant=False) | Q(has_illegal_use=True) | Q(next_test_on__lt=END))
        .count(),
        "stores_bad": of("material_store", FORCE)
        .filter(Q(is_compliant=False) | Q(is_ledger_balanced=False) | Q(next_reconciliation_on__lt=END) | unlocked)
        .count(),
        "posts": post.count(),
        "posts_good": good.count(),
    }  # fmt: skip


def _quality(of: Any) -> dict[str, int]:
    activity, dispute = of("quality_activity", YEAR), of("dispute", YEAR)
    lines: dict[int, set[str]] = {}
    for month, line in activity.filter(level="department").values_list("occurred_on__month", "line").distinct():
        lines.setdefault(month, set()).add(line)
    audit = of("record_audit", YEAR).aggregate(grade_a=Sum("grade_a"), sampled=Sum("sampled"))
    meeting = of("committee_meeting", YEAR).filter(kind="medical_safety")
    past = Q(occurred_on__gte=BEFORE, occurred_on__lt=START)
    return {
        "quality_months": sum(len(found) == 4 for found in lines.values()),
        "unchecked": activity.exclude(has_self_check=True, has_rectification=True).count(),
        "grade_a": audit["grade_a"] or 0,
        "sampled": audit["sampled"] or 0,
        "meetings": meeting.values("occurred_on__quarter").distinct().count(),
        "disputes": dispute.count(),
        "disputes_before": of("dispute", past).count(),
        "settled": dispute.filter(settled_on__lte=END).count(),
        "unrecorded": dispute.filter(closed_on__lte=END, has_mediation_record=False).count(),
        "cases": of("security_incident", YEAR).filter(kind="criminal").count(),
        "cases_before": of("security_incident", past).filter(kind="criminal").count(),
    }


def _judged(of: Any) -> dict[str, int]:
    rows = of("judgement", Q(rubric="qidong-2018", year=2025)).exclude(verdict="reject")
    found: dict[str, int] = {}
    for rule, verdict, points in rows.values_list("rule", "verdict", "deducted"):
        if verdict == "set":
            found["j_" + rule.lower().replace("-", "_")] = points
        elif rule in PROPOSED:
            found["j_" + rule.lower().replace("-", "_")] = -1
    return found
