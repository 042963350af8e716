"""The last steps of verifying a sealed score: what the institution is by its entries, and every figure and point reckoned anew.

They come only when hashes and proofs hold, since only then a difference would be a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from anlan.assessment.errors import AssessmentError
from anlan.assessment.seal_document import differences, sheet_data
from anlan.assessment.seal_evaluate import recompute
from anlan.assessment.seal_format import FIRST_FORMAT, Json
from anlan.assessment.seal_profile import REGISTER, attributes_told, profile_faults, profile_uid
from anlan.assessment.seal_steps import fails, holds, many, short
from anlan.assessment.seal_work import Work
from anlan.ledger.verify import Outcome, Step
from anlan.measures.errors import MeasuresError


def recomputed(work: Work) -> Iterator[Step]:
    """Yield the steps `institution` and `points`. What is withheld is never reckoned: a part of the records gives other figures."""
    institution = work.score["institution"]
    attributes = institution["attributes"]
    if work.score["format"] != FIRST_FORMAT:
        attributes, step = _attributes(work, institution)
        yield step
        if step.outcome is Outcome.FAILS:
            return
    if work.listed.withheld:
        said = f"proven; not recomputed, {work.listed.withheld} records withheld"
        yield Step(name="points", outcome=Outcome.WAITS, said=said)
        return
    yield from _points(work, attributes)


def _attributes(work: Work, institution: Json) -> tuple[Json, Step]:
    """Return what the institution is by the entries of its unit, and whether that is what was sealed."""
    uid, sealed = institution["record"], institution["attributes"]
    told, listed = work.replayed.get(uid), work.listed.records.get(uid)
    if uid != profile_uid(institution["code"]).hex or told is None or listed is None or listed["register"] != REGISTER:
        return {}, fails("institution", f"the entries of unit {institution['code']} are not in the package")
    found = attributes_told(told, sealed)
    faults = [
        f"{name} was sealed as {here}, its entries say {there}" for name, here, there in profile_faults(sealed, found)
    ]
    if faults:
        return {}, fails("institution", "; ".join(faults))
    said = ", ".join(f"{name} {value}" for name, value in sorted(found.items()))
    return found, holds("institution", f"is by its entries what was sealed: {said}")


def _points(work: Work, attributes: Json) -> Iterator[Step]:
    try:
        sheet = recompute(work.score, work.package.files, work.replayed, attributes=attributes)
        found = sheet_data(sheet, {})
        if sheet.rubric.content_hash != work.score["rubric"]["content_hash"]:
            yield fails("edition", "the rubric under the sealed readings has another content hash than the score says")
        skipped = work.resting_on_erased()
        faults = [
            f"{code or 'total'}: {what} was sealed as {short(sealed)}, recomputed as {short(anew)}"
            for code, what, sealed, anew in differences(work.score, found)
            if code not in skipped
        ]
        faults += _counts(work)
    except (AssessmentError, MeasuresError, KeyError, TypeError, ValueError) as error:
        yield fails("points", f"cannot be recomputed: {error}")
        return
    rules = sum(1 for score in sheet.rules() if score.code not in skipped)
    yield many("points", faults, f"{rules} rules recomputed: every figure and point is the sealed one")


def _counts(work: Work) -> Iterator[str]:
    """Yield the rules of which the score says that they read more or fewer records than the list names."""
    if work.score["format"] == FIRST_FORMAT:
        return
    listed: dict[str, int] = {}
    for codes in work.listed.rules.values():
        for code in codes:
            listed[code] = listed.get(code, 0) + 1
    rules: list[dict[str, Any]] = [rule for category in work.score["categories"] for rule in category["rules"]]
    for rule in rules:
        if rule["records"] != listed.pop(rule["code"], 0):
            yield f"{rule['code']}: was sealed with {rule['records']} records, the list names others"
    yield from (f"{code}: the list names records of a rule that the score does not have" for code in listed)
