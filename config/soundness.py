"""What `anlan check` looks at: declarations, rubrics, the ledger against hashes and tree, rows against entries, stored files."""

from collections.abc import Callable
from functools import partial

from django.db import connection

from anlan.assessment.errors import AssessmentError
from anlan.assessment.load import load_clauses, load_rubric, rubric_codes
from anlan.assessment.seal_check import broken_seals, changed_editions, changed_limits
from anlan.exchange.archive.work import PACKAGES
from anlan.exchange.upload import SHEETS
from anlan.flow.drift import all_drift
from anlan.flow.drift_since import drift_since, entries_since
from anlan.flow.drift_words import drift_words
from anlan.flow.drifts import BROKEN, is_of_a_row
from anlan.flow.rowsecurity import not_as_declared
from anlan.flow.spec import all_registers
from anlan.flow.unowned import unowned_now
from anlan.ledger.alarms import open_alarms
from anlan.ledger.check import broken_entries, broken_tree
from anlan.ledger.check_signatures import broken_signatures
from anlan.ledger.check_tree import Point
from anlan.ledger.kept import broken_promise
from anlan.ledger.witness import broken_witnessed
from anlan.org.access_keeping import rewritten
from anlan.org.replay import is_baselined
from anlan.org.scope import as_system
from anlan.vault.folders import evidence_folder, sealed_folders
from config.backup.copies import WHAT_IT_IS, left_copies
from config.backup.work import left_folders
from config.content import LAW

Finding = dict[str, str]
Progress = Callable[[str, int], None]


def all_findings(*, progress: Progress | None = None) -> list[Finding]:
    """Return every fault found, each with its place; empty when the installation is whole. `progress` is told what was read.

    The database is prepared: whoever calls has asked (`config.readiness`).
    """
    rows = partial(_rows, progress)
    parts = (_ledger, _baseline, rows, _files, _unowned, _seals, _access_log, _database_role, _left_copies)
    return [*declared_findings(), *(finding for part in parts for finding in _confirmed(part))]


def findings_since(point: Point) -> list[Finding]:
    """Return the faults in what followed a place of the log: its entries and what they touched, tiles, heads, signatures, seals."""
    parts = (partial(_ledger, since=point.size), partial(_touched, point.size), partial(_seals, since=point.size))
    return [*declared_findings(), *(finding for part in parts for finding in _confirmed(part))]


def _confirmed(part: Callable[[], list[Finding]]) -> list[Finding]:
    """Look twice at what seems wrong: who writes at this moment may have been met half way.

    A part that meets a value which cannot be read is a finding, and hides no other part.
    """
    try:
        found = part()
    except BROKEN as error:
        if not is_of_a_row(error):
            raise
        name = getattr(getattr(part, "func", part), "__name__", "").strip("_").replace("_", " ")
        fault = "[flow.A008] a row holds something that is no value of its column, and what lies behind it was not looked at"
        return [{"place": f"check of {name}", "fault": f"{fault} ({type(error).__name__})"}]
    if not found:
        return []
    again = part()
    return [finding for finding in found if finding in again]


def declared_findings() -> list[Finding]:
    """Return the faults of declarations and rubrics alone; no database is asked."""
    return [*_registers(), *_rubrics()]


def _registers() -> list[Finding]:
    known = {clause.id for clause in load_clauses(LAW)}
    findings = []
    for spec in all_registers():
        cited = {*spec.clauses, *(step.clause for step in spec.steps.values() if step.clause)}
        findings += [
            {
                "place": f"register {spec.code}",
                "fault": f"cites {clause}, which anlan_cn/law/clauses.yaml does not hold",
            }
            for clause in sorted(cited - known)
        ]
    return findings


def _rubrics() -> list[Finding]:
    findings = []
    for code in rubric_codes():
        try:
            load_rubric(code)
        except AssessmentError as error:
            findings.append({"place": f"rubric {code}", "fault": str(error)})
    return findings


def _database_role() -> list[Finding]:
    """A role that row-level security does not hold is a finding, and a table whose policy is gone: the last line would be missing."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        name, is_free = cursor.fetchone()
    fault = "is a superuser or has BYPASSRLS: row-level security does not hold it; see docs/operations.md, PostgreSQL"
    changed = (
        "its row-level policy is not the one of this release: it was changed, taken away or joined by another. "
        "The next start of `anlan serve` puts it back; find out who did it"
    )
    free = [{"place": f"database role {name}", "fault": fault}] if is_free else []
    return [*free, *({"place": f"table {table}", "fault": changed} for table in not_as_declared())]


def _left_copies() -> list[Finding]:
    """Databases and folders of drills and backups that did not end: all data stand in them once more, the folders' plain."""
    fault = "was left behind by a drill: " + WHAT_IT_IS
    folder = "was left behind by a backup or a drill that was killed: the next one removes it; or remove it by hand"
    return [
        *({"place": f"database {name}", "fault": fault} for name in left_copies()),
        *({"place": f"folder {found}", "fault": folder} for found in left_folders()),
    ]


def _access_log() -> list[Finding]:
    with as_system("check of the access log"):
        return [{"place": f"access log, rows {where}", "fault": fault} for where, fault in rewritten()]


def _ledger(since: int = 0) -> list[Finding]:
    with as_system("check of the ledger"):
        among = entries_since(since) if since else None
        entries = [{"place": f"ledger entry {pk}", "fault": fault} for pk, fault in broken_entries(among=among)]
        found = (*broken_tree(since=since), *broken_signatures(after=since))
        return [*entries, *({"place": f"ledger {where}", "fault": fault} for where, fault in found), *_witnessed()]


def _touched(since: int) -> list[Finding]:
    with as_system("check of what followed"):
        return [{"place": drift.place, "fault": drift_words(drift)} for drift in drift_since(since)]


def _witnessed() -> list[Finding]:
    """What was cosigned against what the database holds, and the alarms that nothing has answered."""
    broken = broken_promise()
    findings = [{"place": "ledger, newest cosigned checkpoint", "fault": broken}] if broken else []
    findings += [{"place": where, "fault": fault} for where, fault in broken_witnessed()]
    return findings + [
        {
            "place": f"log {alarm.origin}, witness {alarm.witness or 'unknown'}",
            "fault": f"{alarm.said} (first seen {alarm.first_at:%Y-%m-%d %H:%M}, {alarm.times} times)",
        }
        for alarm in open_alarms().order_by("first_at")
    ]


def _baseline() -> list[Finding]:
    """Until the ledger was told once what stands, nothing is said of units, people and posts that have no entries."""
    with as_system("check of the baseline"):
        if is_baselined():
            return []
    fault = "[org.E183] the ledger was not told yet what stands; start `anlan serve` once. Until then changes beside it may stay unseen"
    return [{"place": "organisation", "fault": fault}]


def _rows(progress: Progress | None) -> list[Finding]:
    with as_system("check of rows against the ledger"):
        return [{"place": drift.place, "fault": drift_words(drift)} for drift in all_drift(progress=progress)]


def _files() -> list[Finding]:
    """Stored files: sheets and packages that do not open (evidence is compared with its rows), and what still lies there plain."""
    plain = "lies there unencrypted, as an older release kept it; `anlan keys encrypt` encrypts it"
    findings = [
        {"place": f"file {path.relative_to(evidence_folder())}", "fault": plain}
        for folder in sealed_folders()
        for path in folder.plain()
    ]
    return findings + [
        {"place": f"file {path.relative_to(evidence_folder())}", "fault": f"[vault.E014] {what}"}
        for folder in (SHEETS, PACKAGES)
        for path, what in folder.broken()
    ]


def _unowned() -> list[Finding]:
    """Files that no record owns: what a killed process left. The worker removes them after a day."""
    fault = "[flow.A084] no record owns it: a process was killed while it was stored; the worker removes it after a day"
    return [{"place": f"file {path.relative_to(evidence_folder())}", "fault": fault} for path in unowned_now()]


def _seals(since: int = 0) -> list[Finding]:
    with as_system("check of sealed scores"):
        broken = broken_seals(entries_since(since) if since else None)
        found = (*broken, *changed_editions(), *changed_limits())
        return [{"place": where, "fault": fault} for where, fault in found]
