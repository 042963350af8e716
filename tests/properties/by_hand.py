"""The 2018 rubric reckoned record by record in plain Python: slow, without the algebra, and independent of it.

The default readings only. ``sheet(world, institution)`` gives the outcome, deduction and proposal of each rule, and the
points of each category, in hundredths.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

from tests.spec.tables import World

Row = dict[str, object]
MAXIMA = {"A1": 1000, "A2": 1000, "A3": 1000, "A4": 1000, "A5": 2500, "A6": 500, "A7": 1500, "A8": 1500}
LINES = ("medical", "nursing", "infection", "technology")
UNKNOWN = None


class Books:
    """The counted records of one institution, and the days of one year up to the as-of day."""

    def __init__(self, world: World, institution: int, as_of: datetime.date) -> None:
        self.world, self.id, self.as_of = world, institution, as_of.isoformat()
        self.year = as_of.year
        self.start = f"{self.year}-01-01"
        ends = [datetime.date(self.year, m, 1) + datetime.timedelta(days=31) for m in range(1, 13)]
        self.months = [m for m, end in enumerate(ends, 1) if end.replace(day=1) <= as_of + datetime.timedelta(days=1)]
        self.quarters = [q for q in (1, 2, 3, 4) if q * 3 in self.months]
        cursor = world.database.execute("select * from org_institution where unit_id = ?", (institution,))
        self.institution = dict(zip([c[0] for c in cursor.description], cursor.fetchone(), strict=True))

    def rows(self, register: str) -> list[Row]:
        cursor = self.world.database.execute(
            f"select * from anlan_cn_{register} where institution_id = ? and is_counted", (self.id,)
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def events(self, register: str) -> list[Row]:
        return [row for row in self.rows(register) if self.start <= str(row["occurred_on"]) <= self.as_of]

    def last_year(self, register: str) -> list[Row]:
        day = f"{self.year - 1}{self.as_of[4:]}"
        return [row for row in self.rows(register) if f"{self.year - 1}-01-01" <= str(row["occurred_on"]) <= day]

    def standing(self, register: str) -> list[Row]:
        return [row for row in self.rows(register) if _in_force(row, self.as_of)]

    def in_month(self, register: str, month: int) -> list[Row]:
        return [row for row in self.events(register) if str(row["occurred_on"])[5:7] == f"{month:02d}"]

    def missing_quarters(self, register: str, keep: Callable[[Row], bool] = lambda row: True) -> int:
        held = {(int(str(row["occurred_on"])[5:7]) + 2) // 3 for row in self.events(register) if keep(row)}
        return len([quarter for quarter in self.quarters if quarter not in held])

    def missing_months(self, register: str, keep: Callable[[list[Row]], bool]) -> int:
        return len([month for month in self.months if not keep(self.in_month(register, month))])

    def open_hazard(self, area: str) -> bool:
        found = [row for row in self.rows("hazard") if str(row["occurred_on"]) <= self.as_of and row["area"] == area]
        return any(row["rectified_on"] is None or str(row["rectified_on"]) > self.as_of for row in found)

    def month_end(self, month: int) -> str:
        first = datetime.date(self.year + month // 12, month % 12 + 1, 1)
        return (first - datetime.timedelta(days=1)).isoformat()


def _in_force(row: Row, day: str) -> bool:
    return str(row["occurred_on"]) <= day and (row["ended_on"] is None or str(row["ended_on"]) > day)


def _kind(rows: list[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["kind"] == kind]


def _fault(rows: list[Row], bad: Callable[[Row], object], hazard: bool = False) -> bool | None:
    if any(bad(row) for row in rows) or hazard:
        return True
    return False if rows else UNKNOWN


def _once(points: int, holds: bool | None) -> int | None:
    return UNKNOWN if holds is None else points * holds


def _under(part: int, whole: int | None, percent: int) -> bool | None:
    return part * 100 < whole * percent if whole else UNKNOWN


def _either(first: bool | None, second: bool | None) -> bool | None:
    if first or second:
        return True
    return UNKNOWN if first is None or second is None else False


def amounts(b: Books) -> dict[str, int | None]:
    """What each rule would take, None for no data; zero bases and judged rules are settled in ``sheet``."""
    groups, plans = b.standing("leading_group"), b.standing("programme_plan")
    posts = [r for r in b.standing("leading_group_post") if r["is_institution_head"] and r["is_first_responsible"]]
    complete = [
        r
        for r in b.standing("education_group")
        if r["has_work_rules"] and r["has_yearly_plan"] and r["has_contact_person"]
    ]
    staff = {r["staff_no"] for r in b.events("education_attendance")} - {None}
    trainings, surveys = b.events("technical_training"), b.events("awareness_survey")
    aware = _under(sum(r["aware"] for r in surveys), sum(r["respondents"] for r in surveys), 90)
    late = [
        r
        for r in b.rows("patient_screening")
        if r["found"]
        and r["notice_due_on"]
        and b.start <= str(r["notice_due_on"]) <= b.as_of
        and (r["notified_on"] is None or str(r["notified_on"]) > str(r["notice_due_on"]))
    ]
    facilities, places = b.standing("facility"), b.standing("key_place")
    defences = ("has_people_defence", "has_object_defence", "has_technical_defence")
    undefended = _fault(places, lambda r: not all(r[name] for name in defences))
    guarded = [
        r for r in places if r["kind"] in ("cashier", "pharmacy", "drug_store", "computer_room", "valuable_instrument")
    ]
    audits = b.events("record_audit")
    sampled, grade_a = sum(r["sampled"] for r in audits), sum(r["grade_a"] for r in audits)
    disputes = b.events("dispute")
    unrecorded = [
        r for r in disputes if r["closed_on"] and str(r["closed_on"]) <= b.as_of and not r["has_mediation_record"]
    ]
    settled = [r for r in disputes if r["settled_on"] and str(r["settled_on"]) <= b.as_of]
    settled_low = _under(len(settled), len(disputes), 95)
    rules, agreements = b.standing("reward_rule"), b.standing("police_agreement")
    contacts = [r for r in agreements if r["has_contact_list"]]
    rooms = _kind(facilities, "police_room")
    equipped = [r for r in rooms if r["has_equipment"] and r["has_duty_roster"]]
    security = b.standing("security_department")
    due = sum(_in_force(r, b.month_end(m)) for r in b.rows("key_place") for m in b.months)
    checks = b.events("key_place_check")
    done = [r for r in checks if r["is_complete"] and int(str(r["occurred_on"])[5:7]) in b.months]
    unchecked = _either(len(done) < due if places else UNKNOWN, any(not r["is_complete"] for r in checks))
    double = ("explosive", "toxic", "narcotic", "psychotropic")
    return {
        "A1-k1": _once(300, not _kind(groups, "leading_group") or not _kind(groups, "working_team")),
        "A1-k2": _once(200, not posts),
        "A1-k3": _once(300, not _kind(plans, "year_plan") or not _kind(plans, "implementation_scheme")),
        "A2-k1": _once(100, not complete),
        "A2-k2": _once(200, b.missing_quarters("education_session") > 0),
        "A2-k3": _once(100, _under(len(staff), b.institution["staff"], 95)),
        "A2-k4": _once(100, not trainings or any(not r["is_ledger_complete"] for r in trainings)),
        "A2-k5": _once(100, _either(aware, not b.events("patient_screening"))),
        "A2-k6": _once(200, bool(late)),
        "A2-k7": _once(200, not _kind(facilities, "psychology_unit")),
        "A3-k2": _once(300, b.missing_months("case_analysis", bool) > 0),
        "A3-k3": _once(300, undefended),
        "A4-k2": _once(200, _fault(b.standing("fire_facility"),
                                   lambda r: not r["is_working"] or str(r["next_check_on"]) < b.as_of,
                                   b.open_hazard("fire"))),
        "A4-k3": _once(200, _fault(b.standing("pressure_vessel"),
                                   lambda r: not r["is_in_order"] or str(r["next_inspection_on"]) < b.as_of,
                                   b.open_hazard("boiler"))),
        "A4-k4": _once(200, _fault(b.standing("electrical_installation"),
                                   lambda r: not r["is_compliant"] or r["has_illegal_use"]
                                   or str(r["next_test_on"]) < b.as_of, b.open_hazard("electrical"))),
        "A4-k5": _once(300, _fault(b.standing("material_store"),
                                   lambda r: not r["is_compliant"] or not r["is_ledger_balanced"]
                                   or str(r["next_reconciliation_on"]) < b.as_of
                                   or (r["kind"] in double and not r["has_two_person_lock"]), b.open_hazard("material"))),
        "A4-k6": _once(200, _fault(guarded, lambda r: not (r["has_object_defence"] and r["has_alarm"]))),
        "A4-k7": _once(200, _fault([r for r in places if r["is_crowded"]], lambda r: not r["has_camera"])),
        "A4-k8": _once(300, _fault(b.standing("key_post"), lambda r: not (
            r["vetted_on"] and str(r["vetted_on"]) <= b.as_of and r["trained_on"] and str(r["trained_on"]) <= b.as_of
            and r["certificate_valid_until"] and str(r["certificate_valid_until"]) >= b.as_of))),
        "A5-k1": _once(2500, not b.standing("quality_plan")),
        "A5-k2": 50 * b.missing_months("quality_activity", lambda rows: {
            r["line"] for r in rows if r["level"] == "department"} >= set(LINES)),
        "A5-k3": 50 * len([r for r in b.events("quality_activity")
                           if not (r["has_self_check"] and r["has_rectification"])]),
        "A5-k4": 50 * (max(0, 95 * sampled - 100 * grade_a) // sampled) if sampled else UNKNOWN,
        "A5-k5": 50 * b.missing_quarters("committee_meeting", lambda r: r["kind"] == "medical_safety"),
        "A5-k6": _once(100, len(disputes) > len(b.last_year("dispute"))),
        "A6-k1": _once(200, not any(r["covers_rewards"] for r in rules) or not any(r["covers_penalties"] for r in rules)),
        "A6-k2": _once(300, unchecked),
        "A7-k1": _once(300, not agreements),
        "A7-k2": _once(400, not rooms or not equipped or not contacts),
        "A7-k3": _once(200, bool(unrecorded)),
        "A7-k4": _once(200, settled_low),
        "A7-k5": _once(300, not [r for r in security if r["kind"] == "department" or r["is_full_time"]]),
        "A7-k6": _once(200, not b.standing("defence_member")),
        "A7-k7": _once(400, _fault(places, lambda r: not r["meets_technical_standard"])),
        "A8-k1": _once(500, not contacts or not b.events("officer_visit")),
        "A8-k2": _once(300, bool(unrecorded)),
        "A8-k3": _once(200, settled_low),
        "A8-k4": _once(400, not security),
        "A8-k5": _once(600, undefended),
    }  # fmt: skip


PROPOSED = ("A2-k1", "A3-k3", "A4-k2", "A4-k3", "A4-k4", "A4-k5", "A7-k2", "A7-k7", "A8-k1", "A8-k5")
JUDGED = {"A1-k4": 200, "A3-k1": 300, "A4-k1": 200}


def sheet(world: World, institution: int, as_of: datetime.date) -> dict[str, object]:
    """Reckon the whole sheet."""
    b = Books(world, institution, as_of)
    level, specialist = b.institution["class_level"], bool(b.institution["is_large_specialist"])
    rows = {"A7": specialist or level >= 2, "A8": level == 1 and not specialist}
    verdicts = {str(r["rule"]): r for r in b.rows("judgement") if r["rubric"] == "qidong-2018" and r["year"] == b.year}
    found: dict[str, tuple[str, int, int]] = {}
    for rule, amount in {**amounts(b), **dict.fromkeys([*JUDGED, "A3-k4"], 0)}.items():
        applies = rows.get(rule[:2], True) and (rule != "A2-k7" or level >= 2)
        found[rule] = _settle(b, rule, amount, verdicts.get(rule)) if applies else ("not_applicable", 0, 0)
    points = {}
    for category, most in MAXIMA.items():
        taken = sum(deducted for rule, (_, deducted, _) in found.items() if rule.startswith(category))
        points[category] = most - min(most, taken) if rows.get(category, True) else 0
    return {"rules": found, "points": points}


def _settle(b: Books, rule: str, amount: int | None, verdict: Row | None) -> tuple[str, int, int]:
    said = verdict["verdict"] if verdict else None
    points = max(0, int(verdict["deducted"])) if verdict else 0  # type: ignore[call-overload]
    if rule in JUDGED:
        return (
            ("scored", min(points, JUDGED[rule]) if said in ("set", "confirm") else 0, 0)
            if said
            else ("awaits_person", 0, 0)
        )
    if rule in ("A3-k4", "A5-k6"):
        return _compared(b, rule, min(points, 600 if rule == "A3-k4" else 100) if said == "set" else 0, said)
    if rule in PROPOSED:
        most = {"A2-k1": 100, "A3-k3": 300, "A4-k5": 300, "A7-k2": 400, "A7-k7": 400, "A8-k1": 500, "A8-k5": 600}.get(
            rule, 200
        )
        if said:
            return ("scored", {"set": min(points, most), "confirm": amount or 0, "reject": 0}[str(said)], 0)
        if amount is None:
            return ("no_data", 0, 0)
        return ("awaits_person", 0, amount) if amount else ("scored", 0, 0)
    if rule == "A5-k3":
        return ("scored", (amount or 0) + (points if said == "set" else 0), 0)
    return ("no_data", 0, 0) if amount is None else ("scored", amount, 0)


def _compared(b: Books, rule: str, set_points: int, said: object) -> tuple[str, int, int]:
    if rule == "A3-k4":
        now, before = (
            len(_kind(b.events("security_incident"), "criminal")),
            len(_kind(b.last_year("security_incident"), "criminal")),
        )
    else:
        now, before = len(b.events("dispute")), len(b.last_year("dispute"))
    if now > 0 and before == 0:
        return ("scored", set_points, 0) if said else ("awaits_person", 0, 0)
    if now <= before:
        return ("scored", 0, 0)
    return ("scored", min(600, (now - before) * 100 // before // 5 * 100) if rule == "A3-k4" else 100, 0)
