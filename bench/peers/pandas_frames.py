"""pandas: one frame per register, masks and ``groupby``, joined on the institution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.peers.duckdb_sql import JUDGED, PROPOSED, SET_ONLY, name
from bench.peers.formulas import MAXIMA, Sheet

KEY = "institution_id"
START, END, BEFORE = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-31"), pd.Timestamp("2024-01-01")


class Frames:
    """Collects one table of facts per register."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: list[pd.DataFrame] = []

    def read(self, code: str, *columns: str) -> pd.DataFrame:
        """Read the counted records of a register; dates become timestamps."""
        names = [KEY, "occurred_on", "is_counted", *columns]
        frame = pd.read_parquet(self.folder / f"{code}.parquet", columns=names)
        frame = frame[frame["is_counted"]]
        for column in names:
            if column.endswith(("_on", "_until")):
                frame[column] = pd.to_datetime(frame[column])
        return frame

    def year(self, code: str, *columns: str) -> pd.DataFrame:
        """The records of the year."""
        frame = self.read(code, *columns)
        return frame[frame["occurred_on"].between(START, END)]

    def force(self, code: str, *columns: str) -> pd.DataFrame:
        """The records in force at the end of the year."""
        return in_force(self.read(code, "ended_on", *columns))

    def add(self, **columns: Any) -> None:
        """Keep these facts by institution."""
        self.found.append(pd.DataFrame(columns))


def in_force(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep what is in force at the end of the year."""
    return frame[(frame["occurred_on"] <= END) & (frame["ended_on"].isna() | (frame["ended_on"] > END))]


def count(frame: pd.DataFrame, where: Any = None) -> Any:
    """Records by institution."""
    return frame.groupby(KEY).size() if where is None else where.groupby(frame[KEY]).sum()


def distinct(frame: pd.DataFrame, values: Any) -> Any:
    """Different values by institution."""
    return frame.assign(value=values)[[KEY, "value"]].drop_duplicates().groupby(KEY).size()


def standing(x: Frames) -> None:
    d = x.force("leading_group", "kind")
    x.add(groups=count(d, d.kind == "leading_group"), teams=count(d, d.kind == "working_team"))
    d = x.force("leading_group_post", "is_institution_head", "is_first_responsible")
    x.add(heads=count(d, d.is_institution_head & d.is_first_responsible))
    d = x.force("programme_plan", "kind")
    x.add(plans=count(d, d.kind == "year_plan"), schemes=count(d, d.kind == "implementation_scheme"))
    x.add(quality_plans=count(x.force("quality_plan")))
    d = x.force("reward_rule", "covers_rewards", "covers_penalties")
    x.add(rewards=count(d, d.covers_rewards), penalties=count(d, d.covers_penalties))


def education(x: Frames) -> None:
    d = x.force("education_group", "has_work_rules", "has_yearly_plan", "has_contact_person")
    x.add(education_groups=count(d, d.has_work_rules & d.has_yearly_plan & d.has_contact_person))
    d = x.year("education_session")
    x.add(education_quarters=distinct(d, d.occurred_on.dt.quarter))
    d = x.year("education_attendance", "staff_no")
    x.add(educated=distinct(d, d.staff_no))
    d = x.year("technical_training", "is_ledger_complete")
    x.add(trainings=count(d), trainings_bad=count(d, ~d.is_ledger_complete))
    d = x.year("awareness_survey", "aware", "respondents").groupby(KEY)[["aware", "respondents"]].sum()
    x.add(aware=d.aware, respondents=d.respondents)
    d = x.read("patient_screening", "found", "notice_due_on", "notified_on")
    late = d.notice_due_on.between(START, END) & (d.found > 0)
    late &= d.notified_on.isna() | (d.notified_on > d.notice_due_on)
    x.add(screenings=count(d, d.occurred_on.between(START, END)), notices_late=count(d, late))


def places(x: Frames) -> None:
    flags = ["has_people_defence", "has_object_defence", "has_technical_defence"]
    more = ["is_crowded", "has_alarm", "has_camera", "meets_technical_standard"]
    d = x.read("key_place", "ended_on", "kind", *flags, *more)
    ended = (d.ended_on.dt.year * 12 + d.ended_on.dt.month).fillna(24313).clip(upper=24313)
    span = (ended - (d.occurred_on.dt.year * 12 + d.occurred_on.dt.month).clip(lower=24301)).clip(lower=0)
    x.add(place_months=count(d, span))
    d = in_force(d)
    guarded = d.kind.isin(["cashier", "pharmacy", "drug_store", "computer_room", "valuable_instrument"])
    x.add(
        places=count(d),
        undefended=count(d, ~(d.has_people_defence & d.has_object_defence & d.has_technical_defence)),
        unguarded=count(d, guarded & ~(d.has_object_defence & d.has_alarm)),
        crowded_dark=count(d, d.is_crowded & ~d.has_camera),
        substandard=count(d, ~d.meets_technical_standard),
    )
    d = x.year("key_place_check", "is_complete")
    x.add(checks=count(d, d.is_complete), checks_bad=count(d, ~d.is_complete))


def production(x: Frames) -> None:
    d = x.read("hazard", "area", "rectified_on")
    d = d[(d.occurred_on <= END) & (d.rectified_on.isna() | (d.rectified_on > END))]
    x.add(**{f"hazards_{area}": count(d, d.area == area) for area in ("fire", "boiler", "electrical", "material")})
    d = x.force("fire_facility", "is_working", "next_check_on")
    x.add(fire_bad=count(d, ~d.is_working | (d.next_check_on < END)))
    d = x.force("pressure_vessel", "is_in_order", "next_inspection_on")
    x.add(vessels_bad=count(d, ~d.is_in_order | (d.next_inspection_on < END)))
    d = x.force("electrical_installation", "is_compliant", "has_illegal_use", "next_test_on")
    x.add(electrical_bad=count(d, ~d.is_compliant | d.has_illegal_use | (d.next_test_on < END)))
    names = ("kind", "is_compliant", "is_ledger_balanced", "has_two_person_lock", "next_reconciliation_on")
    d = x.force("material_store", *names)
    unlocked = d.kind.isin(["explosive", "toxic", "narcotic", "psychotropic"]) & ~d.has_two_person_lock
    x.add(stores_bad=count(d, ~d.is_compliant | ~d.is_ledger_balanced | (d.next_reconciliation_on < END) | unlocked))
    d = x.force("key_post", "vetted_on", "trained_on", "certificate_valid_until")
    good = (d.vetted_on <= END) & (d.trained_on <= END) & (d.certificate_valid_until >= END)
    x.add(posts=count(d), posts_good=count(d, good))


def quality(x: Frames) -> None:
    d = x.year("quality_activity", "level", "line", "has_self_check", "has_rectification")
    department = d[d.level == "department"]
    month = department.occurred_on.dt.month
    lines = department.assign(month=month)[[KEY, "month", "line"]].drop_duplicates().groupby([KEY, "month"]).size()
    x.add(
        quality_months=(lines == 4).groupby(level=0).sum(),
        unchecked=count(d, ~(d.has_self_check & d.has_rectification)),
    )
    d = x.year("record_audit", "grade_a", "sampled").groupby(KEY)[["grade_a", "sampled"]].sum()
    x.add(grade_a=d.grade_a, sampled=d.sampled)
    d = x.year("committee_meeting", "kind")
    d = d[d.kind == "medical_safety"]
    x.add(meetings=distinct(d, d.occurred_on.dt.quarter))
    d = x.read("dispute", "settled_on", "closed_on", "has_mediation_record")
    d = d[d.occurred_on.between(BEFORE, END)]
    now = d.occurred_on >= START
    x.add(
        disputes=count(d, now),
        disputes_before=count(d, ~now),
        settled=count(d, now & (d.settled_on <= END)),
        unrecorded=count(d, now & (d.closed_on <= END) & ~d.has_mediation_record),
    )


def police(x: Frames) -> None:
    d = x.force("facility", "kind", "has_equipment", "has_duty_roster")
    room = d.kind == "police_room"
    equipped = room & d.has_equipment & d.has_duty_roster
    x.add(psychology=count(d, d.kind == "psychology_unit"), rooms=count(d, room), rooms_equipped=count(d, equipped))
    d = x.year("case_analysis")
    x.add(analyses=distinct(d, d.occurred_on.dt.month))
    d = x.read("security_incident", "kind")
    d = d[d.occurred_on.between(BEFORE, END) & (d.kind == "criminal")]
    now = d.occurred_on >= START
    x.add(cases=count(d, now), cases_before=count(d, ~now))
    d = x.force("police_agreement", "has_contact_list")
    x.add(agreements=count(d), agreements_contacts=count(d, d.has_contact_list))
    d = x.force("security_department", "kind", "is_full_time")
    x.add(security=count(d), security_full=count(d, (d.kind == "department") | d.is_full_time))
    x.add(members=count(x.force("defence_member")), visits=count(x.year("officer_visit")))


def judged(x: Frames) -> None:
    d = x.read("judgement", "rubric", "year", "rule", "verdict", "deducted")
    d = d[(d.rubric == "qidong-2018") & (d.year == 2025)]
    points = d.deducted.astype("int64")
    proposed = d.rule.isin(PROPOSED)
    kept = (d.verdict == "set") | ((d.verdict == "confirm") & ~d.rule.isin(SET_ONLY))
    value = points.mask(proposed & (d.verdict == "confirm"), -1)
    table = d.assign(value=value)[kept].pivot(index=KEY, columns="rule", values="value")
    x.add(**{name(rule): table[rule] for rule in (*JUDGED, *PROPOSED, *SET_ONLY) if rule in table})


def run(folder: Path, target: Path) -> None:
    """Write the deliverable."""
    x = Frames(folder)
    for part in (standing, education, places, production, quality, police, judged):
        part(x)
    table = pd.read_parquet(folder / "institution.parquet").set_index("unit_id").join(x.found)
    verdicts = [name(rule) for rule in (*JUDGED, *PROPOSED, *SET_ONLY)]
    table = table.fillna(dict.fromkeys(verdicts, -2)).fillna(0)
    facts = {column: table[column].to_numpy().astype("int64") for column in table if column != "is_large_specialist"}
    facts["is_large"] = table["is_large_specialist"].to_numpy().astype("int64")
    sheet = Sheet(
        lambda fact: facts.get(fact, np.full(len(table), -2)), where=np.where, least=np.minimum, greatest=np.maximum
    )
    columns = {code: amount() for code, amount in sheet.rules().items()}
    for category in MAXIMA:
        columns[category] = sheet.points(
            category, sum(columns[code] for code in columns if code.startswith(f"{category}_"))
        )
    columns["raw"] = sum(columns[category] for category in MAXIMA)
    pd.DataFrame({KEY: table.index.to_numpy(), **columns}).to_parquet(target)
