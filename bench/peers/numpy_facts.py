"""The facts by NumPy: columns through Arrow, then ``bincount`` by institution. OpenFisca and others have no grouping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.peers.duckdb_sql import JUDGED, PROPOSED, SET_ONLY, name

EPOCH = np.datetime64("1970-01-01")


def day(text: str) -> int:
    """Return a date as a day number."""
    return int((np.datetime64(text) - EPOCH).astype(int))


START, END, BEFORE, NEVER = day("2025-01-01"), day("2025-12-31"), day("2024-01-01"), 2**30
FIRST = day("2015-01-01")
MONTHS = np.arange(np.datetime64("2015-01-01"), np.datetime64("2035-01-01")).astype("datetime64[M]").astype(int)
TEXT = {"kind", "area", "level", "line", "rule", "verdict", "rubric", "staff_no"}


class Register:
    """One register's columns as arrays: dates as day numbers (``NEVER`` for null), text as codes."""

    def __init__(self, folder: Path, code: str, *columns: str) -> None:
        names = ["institution_id", "occurred_on", "is_counted", *columns]
        coded = [column for column in names if column in TEXT]
        self.table = pq.read_table(folder / f"{code}.parquet", columns=names, read_dictionary=coded)
        self.words: dict[str, dict[str, int]] = {}
        self.columns: dict[str, Any] = {}
        for column in names:
            self.columns[column] = self._array(column)
        self.table = None
        self.keep(self.columns["is_counted"])

    def _array(self, column: str) -> Any:
        values = self.table[column]
        kind = str(values.type)
        if kind.startswith("dictionary"):
            values = values.unify_dictionaries().combine_chunks()
            values = values.chunk(0) if hasattr(values, "chunk") else values
            self.words[column] = {word: code for code, word in enumerate(values.dictionary.to_pylist())}
            return values.indices.to_numpy()
        if kind.startswith("date"):
            return pc.fill_null(values.cast("int32"), NEVER).to_numpy()
        return values.to_numpy()

    def keep(self, rows: Any) -> Register:
        """Keep only these rows."""
        self.columns = {column: values[rows] for column, values in self.columns.items()}
        return self

    def __getitem__(self, column: str) -> Any:
        return self.columns[column]

    def word(self, column: str, *words: str) -> Any:
        """Return where the column holds one of the words."""
        codes = [self.words[column].get(word, -1) for word in words]
        return self[column] == codes[0] if len(codes) == 1 else np.isin(self[column], codes)

    def in_year(self) -> Register:
        """Keep the records of the year."""
        return self.keep((self["occurred_on"] >= START) & (self["occurred_on"] <= END))

    def in_force(self) -> Register:
        """Keep what is in force at the end of the year."""
        return self.keep((self["occurred_on"] <= END) & (self["ended_on"] > END))


class Facts:
    """Groups by institution with ``bincount``; ids are dense from 0."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        table = pq.read_table(folder / "institution.parquet")
        self.ids = table["unit_id"].to_numpy()
        self.size = len(self.ids)
        self.all: dict[str, Any] = {
            "class_level": table["class_level"].to_numpy().astype(np.int32),
            "staff": table["staff"].to_numpy().astype(np.int32),
            "is_large": table["is_large_specialist"].to_numpy().astype(np.int32),
        }

    def count(self, rows: Register, where: Any = None) -> Any:
        """Records by institution."""
        keys = rows["institution_id"] if where is None else rows["institution_id"][where]
        return np.bincount(keys, minlength=self.size).astype(np.int32)

    def sum(self, rows: Register, column: str) -> Any:
        """Sum of a column by institution."""
        return np.bincount(rows["institution_id"], weights=rows[column], minlength=self.size).astype(np.int32)

    def presence(self, rows: Register, per: int, where: Any = None) -> Any:
        """A truth per institution and month (``per`` = 1) or quarter (3)."""
        keys, days = rows["institution_id"], rows["occurred_on"]
        if where is not None:
            keys, days = keys[where], days[where]
        slots = 12 // per
        months = MONTHS[days - FIRST] % 12 // per
        return np.bincount(keys * slots + months, minlength=self.size * slots).reshape(self.size, slots) > 0

    def covered(self, rows: Register, per: int) -> Any:
        """Periods with a record."""
        return self.presence(rows, per).sum(1).astype(np.int32)

    def gather(self) -> dict[str, Any]:
        """Read every register and return the facts by name."""
        for part in (
            self.standing,
            self.education,
            self.places,
            self.production,
            self.quality,
            self.police,
            self.judged,
        ):
            part()
        return self.all

    def standing(self) -> None:
        f, folder = self.all, self.folder
        r = Register(folder, "leading_group", "ended_on", "kind").in_force()
        f["groups"] = self.count(r, r.word("kind", "leading_group"))
        f["teams"] = self.count(r, r.word("kind", "working_team"))
        r = Register(folder, "leading_group_post", "ended_on", "is_institution_head", "is_first_responsible").in_force()
        f["heads"] = self.count(r, r["is_institution_head"] & r["is_first_responsible"])
        r = Register(folder, "programme_plan", "ended_on", "kind").in_force()
        f["plans"] = self.count(r, r.word("kind", "year_plan"))
        f["schemes"] = self.count(r, r.word("kind", "implementation_scheme"))
        f["quality_plans"] = self.count(Register(folder, "quality_plan", "ended_on").in_force())
        r = Register(folder, "reward_rule", "ended_on", "covers_rewards", "covers_penalties").in_force()
        f["rewards"], f["penalties"] = self.count(r, r["covers_rewards"]), self.count(r, r["covers_penalties"])

    def education(self) -> None:
        f, folder = self.all, self.folder
        flags = ("has_work_rules", "has_yearly_plan", "has_contact_person")
        r = Register(folder, "education_group", "ended_on", *flags).in_force()
        f["education_groups"] = self.count(r, r[flags[0]] & r[flags[1]] & r[flags[2]])
        f["education_quarters"] = self.covered(Register(folder, "education_session").in_year(), 3)
        r = Register(folder, "education_attendance", "staff_no").in_year()
        width = len(r.words["staff_no"])
        pairs = np.unique(r["institution_id"].astype(np.int64) * width + r["staff_no"])
        f["educated"] = np.bincount(pairs // width, minlength=self.size).astype(np.int32)
        r = Register(folder, "technical_training", "is_ledger_complete").in_year()
        f["trainings"], f["trainings_bad"] = self.count(r), self.count(r, ~r["is_ledger_complete"])
        r = Register(folder, "awareness_survey", "aware", "respondents").in_year()
        f["aware"], f["respondents"] = self.sum(r, "aware"), self.sum(r, "respondents")
        r = Register(folder, "patient_screening", "found", "notice_due_on", "notified_on")
        f["screenings"] = self.count(r, (r["occurred_on"] >= START) & (r["occurred_on"] <= END))
        due = (r["notice_due_on"] >= START) & (r["notice_due_on"] <= END) & (r["found"] > 0)
        f["notices_late"] = self.count(r, due & (r["notified_on"] > r["notice_due_on"]))

    def places(self) -> None:
        f = self.all
        flags = ("has_people_defence", "has_object_defence", "has_technical_defence")
        more = ("is_crowded", "has_alarm", "has_camera", "meets_technical_standard")
        r = Register(self.folder, "key_place", "ended_on", "kind", *flags, *more)
        begun = np.maximum(MONTHS[np.clip(r["occurred_on"] - FIRST, 0, len(MONTHS) - 1)], MONTHS[START - FIRST])
        after = MONTHS[END - FIRST] + 1
        ended = np.minimum(MONTHS[np.clip(r["ended_on"] - FIRST, 0, len(MONTHS) - 1)], after)
        span = np.maximum(ended - begun, 0)
        f["place_months"] = np.bincount(r["institution_id"], weights=span, minlength=self.size).astype(np.int32)
        r.in_force()
        guarded = r.word("kind", "cashier", "pharmacy", "drug_store", "computer_room", "valuable_instrument")
        f["places"] = self.count(r)
        f["undefended"] = self.count(r, ~(r[flags[0]] & r[flags[1]] & r[flags[2]]))
        f["unguarded"] = self.count(r, guarded & ~(r["has_object_defence"] & r["has_alarm"]))
        f["crowded_dark"] = self.count(r, r["is_crowded"] & ~r["has_camera"])
        f["substandard"] = self.count(r, ~r["meets_technical_standard"])
        r = Register(self.folder, "key_place_check", "is_complete").in_year()
        f["checks"], f["checks_bad"] = self.count(r, r["is_complete"]), self.count(r, ~r["is_complete"])

    def production(self) -> None:
        f, folder = self.all, self.folder
        r = Register(folder, "hazard", "area", "rectified_on")
        is_open = (r["occurred_on"] <= END) & (r["rectified_on"] > END)
        for area in ("fire", "boiler", "electrical", "material"):
            f[f"hazards_{area}"] = self.count(r, is_open & r.word("area", area))
        r = Register(folder, "fire_facility", "ended_on", "is_working", "next_check_on").in_force()
        f["fire_bad"] = self.count(r, ~r["is_working"] | (r["next_check_on"] < END))
        r = Register(folder, "pressure_vessel", "ended_on", "is_in_order", "next_inspection_on").in_force()
        f["vessels_bad"] = self.count(r, ~r["is_in_order"] | (r["next_inspection_on"] < END))
        names = ("is_compliant", "has_illegal_use", "next_test_on")
        r = Register(folder, "electrical_installation", "ended_on", *names).in_force()
        f["electrical_bad"] = self.count(r, ~r["is_compliant"] | r["has_illegal_use"] | (r["next_test_on"] < END))
        names = ("kind", "is_compliant", "is_ledger_balanced", "has_two_person_lock", "next_reconciliation_on")
        r = Register(folder, "material_store", "ended_on", *names).in_force()
        unlocked = r.word("kind", "explosive", "toxic", "narcotic", "psychotropic") & ~r["has_two_person_lock"]
        late = r["next_reconciliation_on"] < END
        f["stores_bad"] = self.count(r, ~r["is_compliant"] | ~r["is_ledger_balanced"] | late | unlocked)
        names = ("vetted_on", "trained_on", "certificate_valid_until")
        r = Register(folder, "key_post", "ended_on", *names).in_force()
        valid = (r["certificate_valid_until"] >= END) & (r["certificate_valid_until"] < NEVER)
        f["posts"] = self.count(r)
        f["posts_good"] = self.count(r, (r["vetted_on"] <= END) & (r["trained_on"] <= END) & valid)

    def quality(self) -> None:
        f, folder = self.all, self.folder
        r = Register(folder, "quality_activity", "level", "line", "has_self_check", "has_rectification").in_year()
        department = r.word("level", "department")
        months = [
            self.presence(r, 1, department & r.word("line", line))
            for line in ("medical", "nursing", "infection", "technology")
        ]
        f["quality_months"] = (months[0] & months[1] & months[2] & months[3]).sum(1).astype(np.int32)
        f["unchecked"] = self.count(r, ~(r["has_self_check"] & r["has_rectification"]))
        r = Register(folder, "record_audit", "grade_a", "sampled").in_year()
        f["grade_a"], f["sampled"] = self.sum(r, "grade_a"), self.sum(r, "sampled")
        r = Register(folder, "committee_meeting", "kind").in_year()
        f["meetings"] = self.covered(r.keep(r.word("kind", "medical_safety")), 3)
        r = Register(folder, "dispute", "settled_on", "closed_on", "has_mediation_record")
        r.keep((r["occurred_on"] >= BEFORE) & (r["occurred_on"] <= END))
        now = r["occurred_on"] >= START
        f["disputes"], f["disputes_before"] = self.count(r, now), self.count(r, ~now)
        f["settled"] = self.count(r, now & (r["settled_on"] <= END))
        f["unrecorded"] = self.count(r, now & (r["closed_on"] <= END) & ~r["has_mediation_record"])

    def police(self) -> None:
        f, folder = self.all, self.folder
        r = Register(folder, "facility", "ended_on", "kind", "has_equipment", "has_duty_roster").in_force()
        room = r.word("kind", "police_room")
        f["psychology"] = self.count(r, r.word("kind", "psychology_unit"))
        f["rooms"] = self.count(r, room)
        f["rooms_equipped"] = self.count(r, room & r["has_equipment"] & r["has_duty_roster"])
        f["analyses"] = self.covered(Register(folder, "case_analysis").in_year(), 1)
        r = Register(folder, "security_incident", "kind")
        r.keep((r["occurred_on"] >= BEFORE) & (r["occurred_on"] <= END) & r.word("kind", "criminal"))
        now = r["occurred_on"] >= START
        f["cases"], f["cases_before"] = self.count(r, now), self.count(r, ~now)
        r = Register(folder, "police_agreement", "ended_on", "has_contact_list").in_force()
        f["agreements"], f["agreements_contacts"] = self.count(r), self.count(r, r["has_contact_list"])
        r = Register(folder, "security_department", "ended_on", "kind", "is_full_time").in_force()
        f["security"] = self.count(r)
        f["security_full"] = self.count(r, r.word("kind", "department") | r["is_full_time"])
        f["members"] = self.count(Register(folder, "defence_member", "ended_on").in_force())
        f["visits"] = self.count(Register(folder, "officer_visit").in_year())

    def judged(self) -> None:
        r = Register(self.folder, "judgement", "rubric", "year", "rule", "decision")
        r.keep(r.word("rubric", "qidong-2018") & (r["year"] == 2025))
        for rule in (*JUDGED, *PROPOSED, *SET_ONLY):
            here = r.word("rule", rule)
            verdicts = np.full(self.size, -2, np.int32)
            verdicts[r["institution_id"][here]] = r["decision"][here] - 3
            self.all[name(rule)] = verdicts
