"""What a sealed score says: from a sheet to the document `anlan-score/2`, and from two such documents to their differences.

The same functions write the document when it is sealed and when it is recomputed, so that the two can be compared as data.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from anlan.assessment.rubric import Rubric
from anlan.assessment.sheet import CategoryScore, FigureValue, RuleScore, Sheet
from anlan.measures.jsonform import measure_data, to_data
from anlan.measures.schema import Schema

Json = dict[str, Any]
Records = Mapping[str, Sequence[str]]
"""The receipts behind each rule. A document tells how many they are, which is a figure, and never which."""


def sheet_data(sheet: Sheet, records: Records) -> Json:
    """Return totals and categories of a sheet, in hundredths of a point; `records` gives the receipts behind each rule."""
    return {
        "totals": {
            "class": sheet.class_code,
            "raw": sheet.raw,
            "applicable_max": sheet.applicable_max,
            "normalised": sheet.normalised,
            "at_risk": sheet.at_risk,
        },
        "categories": [_category(category, records) for category in sheet.categories],
    }


def _category(category: CategoryScore, records: Records) -> Json:
    return {
        "code": category.code,
        "outcome": category.outcome,
        "max": category.max,
        "points": category.points,
        "deducted": category.deducted,
        "lost_to_cap": category.lost_to_cap,
        "at_risk": category.at_risk,
        "rules": [_rule(score, records.get(score.code, ())) for score in category.rules],
    }


def _rule(score: RuleScore, records: Sequence[str]) -> Json:
    return {
        "code": score.code,
        "assessed": score.rule.assessed,
        "outcome": score.outcome,
        "deducted": score.deducted,
        "proposed": score.proposed,
        "amount": score.amount,
        "figures": {figure.measure.code: _figure(figure) for figure in score.figures},
        "records": len(records),
    }


def _figure(figure: FigureValue) -> dict[str, int | None]:
    return {part or "value": None if value is None else int(value) for part, value in figure.parts}


def rubric_data(rubric: Rubric, *, file: str, files: Mapping[str, str]) -> Json:
    """Return which edition under which readings; `files` gives the SHA-256 of its text (`file`) and of the law files, by path."""
    return {
        "code": rubric.code,
        "edition": rubric.edition,
        "content_hash": rubric.content_hash,
        "title": rubric.title.to_data(),
        "readings": {option.code: option.reading for option in rubric.options},
        "file": file,
        "files": dict(files),
    }


def parameters_data(rubric: Rubric, *, year: int) -> Json:
    """Return the parameters that the rules need, as in force on the first day of the year."""
    on = datetime.date(year, 1, 1)
    rows = (rubric.parameter(code, on=on) for code in rubric.parameter_values(on=on))
    return {
        row.code: {
            "value": row.value,
            "unit": row.unit,
            "starts_on": row.starts_on.isoformat(),
            "instrument": row.instrument,
            "clause": row.clause,
        }
        for row in rows
    }


def measures_data(sheet: Sheet) -> Json:
    """Return the definition of every measure that the rubric asks or shows."""
    found = {figure.measure.code: figure.measure for score in sheet.rules() for figure in score.figures}
    return {code: measure_data(measure) for code, measure in sorted(found.items())}


def tables_data(schema: Schema, registers: Sequence[str]) -> Json:
    """Return the tables that the score reads, as data: the institution's and the named registers'."""
    tables = tuple(table for table in schema.registers if table.code in set(registers))
    data: Json = to_data(Schema(institution=schema.institution, registers=tables))
    return data


def differences(sealed: Json, found: Json) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield (rule or category, what, sealed value, recomputed value) for what two `sheet_data` say differently.

    What a seal leaves out, of the totals or of a category or rule, differs too.
    """
    yield from _left_out("", sealed["totals"], _TOTALS)
    for name, value in sealed["totals"].items():
        if not same_value(value, found["totals"].get(name)):
            yield "", name, value, found["totals"].get(name)
    ours = {category["code"]: category for category in found["categories"]}
    yield from _other_codes("", "categories", sealed["categories"], found["categories"])
    for category in sealed["categories"]:
        other = ours.get(category["code"], {})
        yield from _left_out(category["code"], category, _OF_CATEGORY)
        yield from _differing(category["code"], category, other, skip=("rules", "code"))
        rules = {rule["code"]: rule for rule in other.get("rules", ())}
        yield from _other_codes(category["code"], "rules", category["rules"], other.get("rules", ()))
        for rule in category["rules"]:
            mine = rules.get(rule["code"], {})
            yield from _left_out(rule["code"], rule, _OF_RULE)
            yield from _differing(rule["code"], rule, mine, skip=("records", "figures", "code"))
            for code, value in rule["figures"].items():
                if not same_value(value, mine.get("figures", {}).get(code)):
                    yield rule["code"], f"figure {code}", value, mine.get("figures", {}).get(code)


def same_value(one: Any, two: Any) -> bool:
    """Tell whether two JSON values are the same; true is not 1."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same_value(one[name], two[name]) for name in one)
    return bool(one == two) and isinstance(one, bool) is isinstance(two, bool)


_TOTALS = ("class", "raw", "applicable_max", "normalised")
_OF_CATEGORY = ("outcome", "max", "points", "deducted")
_OF_RULE = ("outcome", "deducted", "proposed")


def _left_out(code: str, sealed: Json, names: Sequence[str]) -> Iterator[tuple[str, str, Any, Any]]:
    yield from ((code, name, None, "told") for name in names if name not in sealed)


def _other_codes(
    code: str, what: str, sealed: Sequence[Json], found: Sequence[Json]
) -> Iterator[tuple[str, str, Any, Any]]:
    told, ours = ([one["code"] for one in some] for some in (sealed, found))
    if told != ours:
        yield code, what, told, ours


def _differing(code: str, sealed: Json, found: Json, *, skip: Sequence[str]) -> Iterator[tuple[str, str, Any, Any]]:
    for name, value in sealed.items():
        if name not in skip and not same_value(value, found.get(name)):
            yield code, name, value, found.get(name)
