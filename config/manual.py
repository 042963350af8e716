"""The manual pages of the registers, written from their declarations: `python -m config.manual write|check`.

One page per register in `docs/registers/`, with an index. A page that differs from its declaration fails `make check`.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "registers"
BUILT_IN = ("attach", "correct", "annul", "end")
NOTICE = "<!-- Written by `make manual` from the declaration. Change the register, not this page. -->"


def pages() -> dict[str, str]:
    """Return the text of every page by file name, the index included. Django must be set up."""
    from anlan.flow.spec import all_registers

    specs = sorted(all_registers(), key=lambda spec: spec.code)
    return {"README.md": _index(specs)} | {f"{spec.code}.md": _page(spec) for spec in specs}


def faults() -> list[str]:
    """Return which pages are missing, stale or left over; empty when the manual is up to date."""
    wanted = pages()
    known = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    found = [f"docs/registers/{name} is missing" for name in sorted(wanted.keys() - known.keys())]
    found += [f"docs/registers/{name} describes no register" for name in sorted(known.keys() - wanted.keys())]
    both = sorted(wanted.keys() & known.keys())
    return found + [
        f"docs/registers/{name} differs from its declaration" for name in both if wanted[name] != known[name]
    ]


def write() -> int:
    """Write every page, remove those of registers that are gone, and return how many there are."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return len(wanted)


def both(text: Any) -> str:
    """Return a lazy text as "English 中文", once when the two are the same."""
    from django.utils import translation

    with translation.override("en"):
        english = str(text)
    with translation.override("zh-hans"):
        chinese = str(text)
    return english if english == chinese else f"{english} {chinese}"


def _index(specs: Sequence[Any]) -> str:
    from anlan.flow.subsystem import all_subsystems

    lines = ["# The registers 台账", "", NOTICE, "", f"{len(specs)} registers, by subsystem.", ""]
    for code, subsystem in all_subsystems().items():
        mine = [spec for spec in specs if spec.subsystem == code]
        if mine:
            lines += [
                f"## {code} {both(subsystem.name)}",
                "",
                *_table(("register", "code", "what it keeps"), map(_entry, mine)),
                "",
            ]
    return "\n".join(lines)


def _entry(spec: Any) -> tuple[str, ...]:
    return f"[{both(spec.name)}]({spec.code}.md)", f"`{spec.code}`", _english(spec.purpose)


def _page(spec: Any) -> str:
    sections = (_head(spec), _columns(spec), _choices(spec), _states(spec), _steps(spec), _sources(spec))
    return "\n".join(line for section in sections for line in section)


def _head(spec: Any) -> Iterator[str]:
    from anlan.flow.subsystem import find_subsystem

    standing = "in force from its date until it ends" if spec.is_standing else "happened once, on its date"
    place = f"{spec.subsystem} {both(find_subsystem(spec.subsystem).name)}"
    yield from (f"# {both(spec.name)}", "", NOTICE, "", _english(spec.purpose), "", _chinese(spec.purpose), "")
    yield from _table(
        ("", ""),
        [
            ("code", f"`{spec.code}`"),
            ("subsystem", place),
            ("numbers", f"`{spec.prefix}-2025-0001`"),
            ("a record", standing),
            ("privacy", spec.sensitivity.value),
            ("the same record twice", f"the same {_names(spec, spec.key)}" if spec.key else "is not recognised"),
            ("lists show", _names(spec, spec.columns)),
            ("filters", _names(spec, spec.filters) or "—"),
        ],
    )
    yield ""


def _columns(spec: Any) -> Iterator[str]:
    from anlan.exchange.columns import columns_of

    rows = [
        (
            f"`{column.name}`",
            " ".join(dict.fromkeys((column.labels[1], column.labels[0]))),
            _kind(column),
            "yes" if column.is_required else "",
            spec.field_sensitivity[column.name].value,
            _setters(spec, column.name),
        )
        for column in columns_of(spec)
    ]
    yield from ("## Columns", "", *_table(("column", "heading", "type", "required", "privacy", "set by"), rows), "")
    if spec.derived:
        yield from (
            "The register works out itself: " + ", ".join(f"`{name}`" for name in sorted(spec.derived)) + ".",
            "",
        )


def _setters(spec: Any, name: str) -> str:
    steps = (code for code, step in spec.steps.items() if code != "correct" and name in spec.settable(step))
    return ", ".join(f"`{code}`" for code in steps)


def _kind(column: Any) -> str:
    if column.kind.value == "reference":
        name = column.target._meta.model_name
        return (
            f"reference to {both(column.target._meta.verbose_name)}"
            if name != "unit"
            else "department of the institution"
        )
    if column.kind.value == "text" and column.field.max_length:
        return f"text, at most {column.field.max_length} characters"
    return {"int": "whole number", "bool": "yes or no"}.get(column.kind.value, str(column.kind.value))


def _choices(spec: Any) -> Iterator[str]:
    from anlan.exchange.columns import columns_of

    chosen = [column for column in columns_of(spec) if column.choices]
    if chosen:
        yield from ("## Choices", "")
    for column in chosen:
        values = "; ".join(f"`{code}` {both(label)}" for code, label in column.choices)
        yield f"- `{column.name}`: {values}"
    if chosen:
        yield ""


def _states(spec: Any) -> Iterator[str]:
    rows = [
        (
            f"`{code}`",
            both(label),
            "counts" if code in spec.counted else "does not count",
            "closed" if code in spec.final else "open",
        )
        for code, label in spec.states.items()
    ]
    yield from ("## States", "", *_table(("state", "name", "figures", ""), rows), "")


def _steps(spec: Any) -> Iterator[str]:
    own = {name: step for name, step in spec.steps.items() if name not in BUILT_IN or step.clause}
    heads = ("step", "from → to", "who", "requires", "files", "deadline", "then", "clause")
    yield from ("## Steps", "", *_table(heads, [_step(spec, name, step) for name, step in own.items()]), "")
    common = [f"`{name}` {both(step.label)}" for name, step in spec.steps.items() if name not in own]
    yield from (f"A record in any state but the last also knows: {', '.join(common)}.", "")


def _step(spec: Any, name: str, step: Any) -> tuple[str, ...]:
    start = ", ".join(step.sources) or "new"
    needs = [*(f"`{column}`" for column in step.requires), *(["a reason"] if step.needs_reason else [])]
    files = "depends" if isinstance(step.evidence, str) else str(step.evidence or "")
    return (
        f"`{name}` {both(step.label)}",
        f"{start} → {step.target or 'the same'}",
        _who(step.by),
        ", ".join(needs),
        files,
        _deadline(spec, step.deadline),
        both(step.consequence),
        step.clause,
    )


def _who(by: tuple[str, ...]) -> str:
    from anlan.org.roles import all_roles

    return ", ".join(both(role.name) for role in all_roles() if role.answers_to(by)) or "follows another step"


def _deadline(spec: Any, deadline: Any) -> str:
    if deadline is None:
        return ""
    kind = "working days" if deadline.working else "days"
    long = f"`{deadline.parameter}` {kind}" if deadline.parameter else f"{deadline.days} {kind}"
    return f"{long} after {_english(spec.label(deadline.after))}"


def _sources(spec: Any) -> Iterator[str]:
    from anlan.assessment.load import load_clauses
    from config.content import LAW

    cited = {clause.id: clause.text for clause in load_clauses(LAW)}
    rows = [(name, f"{cited[name].en} {cited[name].zh}" if name in cited else "") for name in spec.clauses]
    yield from ("## Clauses", "", *_table(("clause", "asks for"), rows), "")


def _names(spec: Any, names: Iterable[str]) -> str:
    return ", ".join(both(spec.label(name)) for name in names)


def _english(text: Any) -> str:
    from django.utils import translation

    with translation.override("en"):
        return str(text)


def _chinese(text: Any) -> str:
    from django.utils import translation

    with translation.override("zh-hans"):
        return str(text)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def main() -> int:
    """Run `write` or `check`; the exit code of a failed check is 1."""
    parser = argparse.ArgumentParser(prog="config.manual")
    parser.add_argument("action", choices=("write", "check"))
    action = parser.parse_args().action
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    if action == "write":
        print(f"{write()} pages in docs/registers")
        return 0
    stale = faults()
    for fault in stale:
        print(fault)
    if stale:
        print("Run `make manual`.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
