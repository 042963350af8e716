"""The trace of a point with its records fetched: what the rule page, `anlan score --explain` and the API show."""

from dataclasses import dataclass
from typing import Any

from anlan.assessment.jsonform import sheet_json
from anlan.assessment.recordsquery import RecordsQuery
from anlan.assessment.sheet import Sheet
from anlan.assessment.trace import Trace, explain
from anlan.facts.live import live_engine
from anlan.facts.records import records_where
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, find_register
from anlan.org.models import Institution

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The records of one query: how many there are for the acting person, and the newest of them."""

    query: RecordsQuery
    spec: RegisterSpec
    count: int
    records: tuple[Register, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A trace and the records behind it, as far as the acting person may see them."""

    trace: Trace
    behind: tuple[Behind, ...]


def explain_rule(sheet: Sheet, rule_code: str, *, most: int = MOST) -> Explained:
    """Return the trace of one rule with missing periods and at most `most` records per query.

    Raises: UnknownRule; Unscoped when nobody acts.
    """
    trace = explain(sheet, rule_code, engine=live_engine())
    return Explained(trace=trace, behind=tuple(_fetch(query, most) for query in trace.queries))


def _fetch(query: RecordsQuery, most: int) -> Behind:
    rows = records_where(query.register, query.where, institution_id=query.institution_id)
    found = tuple(rows[: most + 1])
    count = len(found) if len(found) <= most else rows.count()
    return Behind(query=query, spec=find_register(query.register), count=count, records=found[:most])


def behind_json(behind: Behind) -> dict[str, Any]:
    """Return one query with its records: number, receipt, date and state each."""
    records = [
        {
            "number": record.number,
            "uid": str(record.uid),
            "occurred_on": record.occurred_on.isoformat(),
            "state": record.state,
        }
        for record in behind.records
    ]
    return {**behind.query.to_json(), "count": behind.count, "records": records}


def explained_json(sheet: Sheet, institution: Institution) -> dict[str, Any]:
    """Return the sheet's JSON with, for every rule that took points, found none, or waits, what stands behind it."""
    data: dict[str, Any] = sheet_json(sheet, code=institution.code)
    for category in data["categories"]:
        for rule in category["rules"]:
            score = sheet.rule(rule["code"])
            if score.deducted or score.proposed or score.outcome in ("no_data", "awaits_person"):
                explained = explain_rule(sheet, score.code)
                rule["explain"] = explained.trace.to_json() | {
                    "records": [behind_json(behind) for behind in explained.behind]
                }
    return data
