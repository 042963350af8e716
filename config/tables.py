"""Tables for people on the command line. Programs use `--json`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from anlan.assessment.rubric import Rubric

WIDE = 150
ROOMY = 132  # columns that the overview needs with its categories
OUTCOMES = {"scored": "", "not_applicable": "not applicable", "no_data": "no data", "awaits_person": "awaits a person"}


class _Piped(Console):
    """A console whose reader may go: that is answered at the edge of the process, as for every other output."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """Return a console as wide as the terminal; into a file or a pipe, wide enough for every column."""
    plain = _Piped()
    return plain if plain.is_terminal else _Piped(width=WIDE)


def points_text(value: float | int | None) -> str:
    """Return points for a table cell; no data is a dash."""
    return "—" if value is None else f"{value:g}"


def print_overview(names: Sequence[str], data: dict[str, Any]) -> None:
    """Print one line per institution: raw, out of, normalised; class and each category where the terminal has room."""
    rows, screen = data["institutions"], console()
    is_roomy = screen.width >= ROOMY
    codes = [category["code"] for category in rows[0]["categories"]] if is_roomy else []
    table = Table(title=f"{data['rubric']} {data['year']}, as of {data['as_of']}", header_style="bold")
    for heading in ("Code", "Institution", "Class") if is_roomy else ("Code", "Institution"):
        table.add_column(heading, no_wrap=heading != "Institution", overflow="fold")
    for heading in ("Raw", "Out of", "Of 100", "At risk", *codes):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, row in zip(names, rows, strict=True):
        titles = [row["code"], name, *([row["class"].replace("_", " ")] if is_roomy else [])]
        totals = [points_text(row[key]) for key in ("raw", "applicable_max", "normalised", "at_risk")]
        cells = ["" if c["outcome"] == "not_applicable" else points_text(c["points"]) for c in row["categories"]]
        table.add_row(*titles, *totals, *cells[: len(codes)])
    screen.print(table)
    print("At risk: proposed deductions that wait for a person.")
    if is_roomy:
        print("An empty category does not apply to the institution.")
    else:
        print(f"A terminal of {ROOMY} columns also shows class and categories; so does --institution CODE.")


def print_sheet(name: str, row: dict[str, Any], *, rubric: "Rubric", language: str) -> None:
    """Print one institution's sheet, and what stands behind each point when the row carries it."""
    screen = console()
    title = f"{row['code']} {name}: {points_text(row['raw'])} of {points_text(row['applicable_max'])}"
    table = Table(title=f"{title} ({points_text(row['normalised'])} of 100)", header_style="bold")
    for heading in ("Rule", "What is assessed", "Figure", "Outcome"):
        table.add_column(heading, overflow="fold")
    table.add_column("Deducted", justify="right")
    for category in row["categories"]:
        lost = f", {points_text(category['lost_to_cap'])} lost to the cap" if category["lost_to_cap"] else ""
        heading = f"{points_text(category['points'])} of {points_text(category['max'])}{lost}"
        table.add_row(
            f"[bold]{category['code']}[/]",
            f"[bold]{category['name'][language]}[/]",
            "",
            OUTCOMES[category["outcome"]],
            heading,
        )
        if category["outcome"] == "not_applicable":
            continue
        for rule in category["rules"]:
            text = rubric.rule(rule["code"])[1].text.in_language(language)
            deducted = f"-{points_text(rule['deducted'])}" if rule["deducted"] else "0"
            deducted += f" (proposed {points_text(rule['proposed'])})" if rule["proposed"] else ""
            table.add_row(rule["code"], text, _figure(rule["figure"]), OUTCOMES[rule["outcome"]], deducted)
    screen.print(table)
    _print_reasons(screen, row, language)


def _figure(figure: Any) -> str:
    if isinstance(figure, dict):
        return " / ".join(points_text(value) for value in figure.values())
    return points_text(figure)


def _print_reasons(screen: Console, row: dict[str, Any], language: str) -> None:
    for category in row["categories"]:
        for rule in category["rules"]:
            if "explain" in rule:
                _print_reason(screen, rule, language)


def _print_reason(screen: Console, rule: dict[str, Any], language: str) -> None:
    reason = rule["explain"]
    outcome = f"-{points_text(rule['deducted'])}" if rule["deducted"] else OUTCOMES[rule["outcome"]]
    screen.print(f"\n[bold]{rule['code']}[/] {reason['text'][language]}  {outcome}")
    for parameter in reason["parameters"]:
        screen.print(f"  parameter {parameter[language]}: {parameter['value']} {parameter['unit']}")
    if reason["missing"]:
        screen.print(f"  missing: {', '.join(entry['period'] for entry in reason['missing'])}")
    for query in reason["records"]:
        numbers = ", ".join(record["number"] for record in query["records"][:6])
        more = " …" if query["count"] > 6 else ""
        screen.print(f"  {query['role']} {query['register']} ({query['count']}): {numbers}{more}")
    screen.print(f"  wins it back: {reason['mend'][language]}")
    screen.print(f"  clauses: {', '.join(clause['id'] for clause in reason['clauses'])}")


def print_findings(rubric: str, findings: Sequence[Any], *, language: str) -> None:
    """Print what the linter found: id, place, reason, proposed mend."""
    table = Table(title=f"{rubric}: {len(findings)} finding(s)", header_style="bold", show_lines=True)
    for heading in ("Id", "Place", "Reason", "Proposed mend"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(finding.id, finding.place, getattr(finding.reason, language), getattr(finding.mend, language))
    console().print(table)
