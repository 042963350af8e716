"""What `anlan check` looks at: declarations, rubrics, the ledger against hashes and tree, rows against entries, stored files."""

from collections.abc import Callable

from django.db import connection

from anlan.assessment.errors import AssessmentError
from anlan.assessment.load import load_clauses, load_rubric, rubric_codes
from anlan.assessment.seal_check import broken_seals, changed_editions, changed_limits
from anlan.exchange.archive.work import PACKAGES
from anlan.exchange.upload import SHEETS
from anlan.flow.drift import all_drift
from anlan.flow.drift_words import drift_words
from anlan.flow.spec import all_registers
from anlan.ledger.alarms import open_alarms
from anlan.ledger.check import broken_entries, broken_tree
from anlan.ledger.kept import broken_promise
from anlan.org.access_keeping import rewritten
from anlan.org.scope import as_system
from anlan.vault.folders import evidence_folder, sealed_folders
from config.content import LAW

Finding = dict[str, str]
Progress = Callable[[str, int], None]


def all_findings(*, progress: Progress | None = None) -> list[Finding]:
    """Return every fault found, each with its place; empty when the installation is whole. `progress` is told what was read.

    The database is prepared: whoever calls has asked (`config.readiness`).
    """
    stored = [*_ledger(), *_rows(progress), *_files(), *_seals(), *_access_log(), *_database_role()]
    return [*declared_findings(), *stored]


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
    """A role that row-level security does not hold is a finding: the last line would be missing."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        name, is_free = cursor.fetchone()
    fault = "is a superuser or has BYPASSRLS: row-level security does not hold it; see docs/operations.md, PostgreSQL"
    return [{"place": f"database role {name}", "fault": fault}] if is_free else []


def _access_log() -> list[Finding]:
    with as_system("check of the access log"):
        return [{"place": f"access log, rows {where}", "fault": fault} for where, fault in rewritten()]


def _ledger() -> list[Finding]:
    with as_system("check of the ledger"):
        entries = [{"place": f"ledger entry {pk}", "fault": fault} for pk, fault in broken_entries()]
        tree = [{"place": f"ledger {where}", "fault": fault} for where, fault in broken_tree()]
        return entries + tree + _witnessed()


def _witnessed() -> list[Finding]:
    """What was cosigned against what the database holds, and the alarms that nothing has answered."""
    broken = broken_promise()
    findings = [{"place": "ledger, newest cosigned checkpoint", "fault": broken}] if broken else []
    return findings + [
        {
            "place": f"log {alarm.origin}, witness {alarm.witness or 'unknown'}",
            "fault": f"{alarm.said} (first seen {alarm.first_at:%Y-%m-%d %H:%M}, {alarm.times} times)",
        }
        for alarm in open_alarms().order_by("first_at")
    ]


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


def _seals() -> list[Finding]:
    with as_system("check of sealed scores"):
        return [
            {"place": where, "fault": fault}
            for where, fault in (*broken_seals(), *changed_editions(), *changed_limits())
        ]
