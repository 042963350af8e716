"""`anlan registers`: every register with its columns, choices and steps, for people and for programs."""

import argparse
import json
from typing import Any

from config.language import add_language, speaking

HELP = "list the registers: columns, types, required, choices, steps"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("register", nargs="?", metavar="REGISTER", help="only this register, with its columns")
    add_language(parser, "names and headings", default="en")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def run(args: argparse.Namespace) -> int:
    """Print the list, or one register."""
    from anlan.flow.spec import all_registers, find_register

    specs = (find_register(args.register),) if args.register else all_registers()
    with speaking(args.language):
        data = [_described(spec) for spec in specs]
    if args.json:
        print(json.dumps({"registers": data}, ensure_ascii=False, indent=2))
    elif args.register:
        _print_one(data[0])
    else:
        _print_all(data)
    return 0


def _described(spec: Any) -> dict[str, Any]:
    from anlan.exchange.columns import columns_of
    from anlan.exchange.template import steps_setting

    return {
        "code": spec.code,
        "name": str(spec.name),
        "subsystem": spec.subsystem,
        "purpose": str(spec.purpose),
        "standing": spec.is_standing,
        "key": list(spec.key),
        "states": {code: str(label) for code, label in spec.states.items()},
        "counted": sorted(spec.counted),
        "derived": sorted(spec.derived),
        "fields": [
            {
                "name": column.name,
                "label": column.label(),
                "headings": list(column.labels),
                "type": column.kind.value,
                "required": column.is_required,
                "choices": {str(code): str(label) for code, label in column.choices},
                "refers_to": column.target._meta.model_name if column.kind.value == "reference" else None,
                "set_by": steps_setting(spec, column.name),
            }
            for column in columns_of(spec)
        ],
        "steps": [
            {
                "name": name,
                "label": str(step.label),
                "from": list(step.sources),
                "to": step.target,
                "by": list(step.by),
                "requires": list(step.requires),
                "evidence": step.evidence,
                "needs_reason": step.needs_reason,
                "clause": step.clause,
            }
            for name, step in spec.steps.items()
        ],
    }


def _print_all(data: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from config.tables import console

    table = Table()
    for heading in ("Subsystem", "Register", "Name", "Columns", "Required", "Steps"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "Register")  # a code must be copied whole
    for one in data:
        required = ", ".join(field["name"] for field in one["fields"] if field["required"])
        steps = " → ".join(step["name"] for step in one["steps"] if step["name"] not in ("correct", "annul"))
        table.add_row(one["subsystem"], one["code"], one["name"], str(len(one["fields"])), required, steps)
    console().print(table)


def _print_one(one: dict[str, Any]) -> None:
    from rich.table import Table

    from config.tables import console as console_of_width

    console = console_of_width()
    console.print(f"[bold]{one['code']}[/bold]  {one['name']}\n{one['purpose']}\n")
    table = Table()
    for heading in ("Column", "Heading", "Type", "Required", "Choices or target", "Set by"):
        table.add_column(heading, overflow="fold")  # a heading is copied into a sheet: an ellipsis would spoil it
    for field in one["fields"]:
        what = ", ".join(field["choices"]) or field["refers_to"] or ""
        table.add_row(
            field["name"],
            field["label"],
            field["type"],
            "yes" if field["required"] else "",
            what,
            ", ".join(field["set_by"]),
        )
    console.print(table)
    steps = Table()
    for heading in ("Step", "From", "To", "By", "Requires", "Evidence"):
        steps.add_column(heading, overflow="fold")
    for step in one["steps"]:
        steps.add_row(
            step["name"],
            ", ".join(step["from"]),
            step["to"],
            ", ".join(step["by"]),
            ", ".join(step["requires"]),
            str(step["evidence"] or ""),
        )
    console.print(steps)
