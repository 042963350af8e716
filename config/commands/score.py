"""`anlan score`: score institutions by a rubric, for people as tables, for programs as JSON."""

import argparse
import datetime as dt
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from config.arguments import day, require_begun, year
from config.language import add_language

if TYPE_CHECKING:
    from anlan.assessment.score import ScoreTable
    from anlan.assessment.sheet import Sheet
    from anlan.org.models import Institution

HELP = "score institutions by a rubric and say why each point was lost"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--rubric",
        default="qidong-2018",
        help="a rubric, a series (its edition of the year), or a YAML file (default qidong-2018)",
    )
    parser.add_argument("--year", type=year, required=True, help="the year that is scored")
    parser.add_argument(
        "--institution", action="append", default=[], metavar="CODE", help="only this institution; may be repeated"
    )
    parser.add_argument("--as-of", type=day, metavar="DATE", help="last day that counts, YYYY-MM-DD (default: today)")
    parser.add_argument(
        "--explain", action="store_true", help="add parameters, records and missing periods of every point lost"
    )
    parser.add_argument("--lake", metavar="FOLDER", help="read this Parquet lake instead of the live registers")
    add_language(parser, "the rubric's texts", default="en")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Score and print."""
    from django.utils import timezone

    from anlan.assessment.load import load_rubric
    from anlan.assessment.score import score_institutions
    from anlan.org.scope import as_system

    rubric = load_rubric(_edition(args.rubric, args.year))
    as_of = args.as_of or timezone.localdate()
    require_begun(args.year, as_of=as_of)
    with as_system("command line: score"):
        institutions = _institutions(args.institution)
        ids = [institution.pk for institution in institutions]
        table = score_institutions(rubric, year=args.year, as_of=as_of, engine=_engine(args.lake), institutions=ids)
        data = _data(table, institutions, as_of=as_of, explain=args.explain)
    if args.json:
        print(json.dumps(data, ensure_ascii=False, indent=2, default=str))
        return 0
    from config.tables import print_overview, print_sheet

    if len(institutions) == 1 or args.explain:
        for institution, row in zip(institutions, data["institutions"], strict=True):
            print_sheet(institution.unit.name, row, rubric=rubric, language=args.language)
    else:
        print_overview([institution.unit.name for institution in institutions], data)
    return 0


def _edition(name: str, year: int) -> str:
    """Return the edition of a series that is in force in the year; a code or a file is taken as it is."""
    from anlan.assessment.edition import edition_in_force
    from anlan.assessment.load import rubric_codes

    return name if name in rubric_codes() or name.endswith((".yaml", ".yml")) else edition_in_force(name, year=year)


def _engine(lake: str | None) -> Any:
    from anlan.facts.live import live_engine

    if lake is None:
        return live_engine()
    from anlan.measures.opening import open_lake

    return open_lake(lake)


def _institutions(codes: Sequence[str]) -> "list[Institution]":
    from anlan.org.models import Institution
    from config.faults import BadInput

    rows = Institution.objects.select_related("unit").order_by("unit__path")
    if not codes:
        found = list(rows)
        if not found:
            raise BadInput(
                "There are no institutions yet. `anlan organisation FILE` makes yours, `anlan demo` the demo city."
            )
        return found
    found = list(rows.filter(code__in=codes))
    missing = sorted(set(codes) - {institution.code for institution in found})
    if missing:
        known = ", ".join(rows.values_list("code", flat=True)[:30])
        raise BadInput(f"There is no institution {', '.join(missing)}; known codes: {known}.")
    return found


def _data(
    table: "ScoreTable", institutions: "Sequence[Institution]", *, as_of: dt.date, explain: bool
) -> dict[str, Any]:
    from anlan.assessment.explain import explained_json
    from anlan.assessment.jsonform import sheet_json

    rows = []
    for institution in institutions:
        sheet: Sheet = table.sheet(institution.pk)
        rows.append(explained_json(sheet, institution) if explain else sheet_json(sheet, code=institution.code))
    return {"rubric": table.rubric.code, "year": table.year, "as_of": as_of.isoformat(), "institutions": rows}
