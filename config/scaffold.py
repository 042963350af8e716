"""Writes a new register or measure from a template that imports cleanly; `make new-register` and its sister call it.

Django need not be set up: the tool edits two text files and imports nothing of the content.
"""

import ast
import keyword
import re
import sys
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parent.parent
NAME = re.compile(r"(?:(?P<folder>[a-z][a-z0-9_]*)/)?(?P<code>[a-z][a-z0-9_]*)")
WIDTH = 120

REGISTER = Template('''\
"""$words. Say here in one sentence what is recorded, by whom, and under which Chinese name."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register


class $cls(Register):
    """One record. Say what `occurred_on` means. Use `StandingRegister` for what is in force until it ends."""

    title = models.CharField(_("Title"), max_length=120)

    class Meta(Register.Meta):
        verbose_name = _("$words")

    class Flow:
        subsystem = "M05"
        prefix = "$prefix"
        purpose = _("$words: what belongs here.")
        clauses = ()
        states = {"recorded": _("Recorded")}
        occurred_label = _("Occurred on")
        columns = ("title",)
        search = ("title",)

        record = Step(
            label=_("Record"),
            target="recorded",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("title",),
            consequence=_("It counts from now on"),
        )

    class Privacy:
        default = "internal"
''')

MEASURE = Template('''\
"""$words. Say here in one sentence what is counted and what the figure claims."""

from anlan.measures.algebra import Count
from anlan_cn.measures.declare import declare

declare(
    "$code",
    Count(register="$register"),
    zh="$words",
    en="$words",
    unit="records",
    clause="",
    subsystem="M05",
)
''')


class ScaffoldError(Exception):
    """What is wrong with the name or the place, and what to do."""


def new_register(name: str, *, root: Path = ROOT) -> Path:
    """Write `anlan_cn/registers/[folder/]code.py`, add it to Django's list of registers, and return the file.

    Raises: ScaffoldError when the name is no lower-case identifier, the folder is unknown, or the register exists.
    """
    folder, code = _parse(name, "security/fire_drill")
    place = _place(root / "anlan_cn" / "registers", folder)
    models = root / "anlan_cn" / "models.py"
    cls = "".join(word.capitalize() for word in code.split("_"))
    if cls in models.read_text(encoding="utf-8").replace(",", " ").split():
        raise ScaffoldError(
            f'There is a register "{code}" already; anlan_cn/models.py imports {cls}. Choose another name.'
        )
    prefix = "".join(word[0] for word in code.split("_")).upper() if "_" in code else code[:2].upper()
    path = _write(place / f"{code}.py", REGISTER.substitute(words=_words(code), cls=cls, prefix=prefix))
    module = ".".join(path.relative_to(root).with_suffix("").parts)
    _rewrite(models, module, cls)
    return path


def new_measure(name: str, *, root: Path = ROOT) -> Path:
    """Write `anlan_cn/measures/code.py` with one measure over an existing register, list it, and return the file.

    Raises: ScaffoldError, as `new_register`.
    """
    folder, code = _parse(name, "fire_drills_held")
    if folder:
        raise ScaffoldError(f'Measures stand in one folder; write NAME={code} instead of "{name}".')
    place = _place(root / "anlan_cn" / "measures", "")
    path = _write(place / f"{code}.py", MEASURE.substitute(words=_words(code), code=code, register="hazard"))
    _rewrite(place / "__init__.py", "anlan_cn.measures", code)
    return path


def _parse(name: str, example: str) -> tuple[str, str]:
    match = NAME.fullmatch(name)
    if match is None or keyword.iskeyword(match["code"]):
        raise ScaffoldError(f'"{name}" is no name for a file in Python. Use lower-case words: NAME={example}.')
    return match["folder"] or "", match["code"]


def _place(base: Path, folder: str) -> Path:
    place = base / folder
    if not (place / "__init__.py").exists():
        known = ", ".join(sorted(path.parent.name for path in base.glob("*/__init__.py")))
        raise ScaffoldError(f'There is no folder "{folder}" in {base.name}. Choose one of: {known}.')
    return place


def _words(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise ScaffoldError(f"{path.name} exists already in {path.parent.name}. Choose another name or edit that file.")
    path.write_text(text, encoding="utf-8")
    return path


def _rewrite(path: Path, module: str, name: str) -> None:
    """Add `from module import name` and the name in `__all__`, keeping both sorted and the rest as it is."""
    path.write_text(_with_all(_with_import(path.read_text(encoding="utf-8"), module, name), name), encoding="utf-8")


def _with_import(source: str, module: str, name: str) -> str:
    imports = [node for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)]
    same = next((node for node in imports if node.module == module), None)
    if same is not None:
        names = sorted({name, *(alias.name for alias in same.names)})
        return _replaced(source, same, _listing(f"from {module} import ", "(", names, ")", brackets_on_one_line=False))
    after = next((node for node in imports if (node.module or "") > module), None)
    lines = source.splitlines()
    lines.insert(
        after.lineno - 1 if after else max(node.end_lineno or 0 for node in imports), f"from {module} import {name}"
    )
    return "\n".join(lines) + "\n"


def _with_all(source: str, name: str) -> str:
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            names = sorted({name, *ast.literal_eval(node.value)})
            return _replaced(source, node, _listing("__all__ = ", "[", [f'"{each}"' for each in names], "]"))
    return source


def _listing(head: str, opening: str, names: list[str], closing: str, *, brackets_on_one_line: bool = True) -> str:
    joined = ", ".join(names)
    line = f"{head}{opening}{joined}{closing}" if brackets_on_one_line else f"{head}{joined}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{head}{opening}", *(f"    {each}," for each in names), closing])


def _replaced(source: str, node: ast.stmt, text: str) -> str:
    lines = source.splitlines()
    lines[node.lineno - 1 : node.end_lineno] = text.splitlines()
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the tool: `python -m config.scaffold register|measure NAME`. The exit code is 1 for a bad name."""
    kinds = {"register": new_register, "measure": new_measure}
    if len(sys.argv) != 3 or sys.argv[1] not in kinds:
        print(
            "Use: make new-register NAME=security/fire_drill, or make new-measure NAME=fire_drills_held",
            file=sys.stderr,
        )
        return 1
    try:
        path = kinds[sys.argv[1]](sys.argv[2])
    except ScaffoldError as error:
        print(f"Anlan: {error}", file=sys.stderr)
        return 1
    print(f"Written: {path.relative_to(ROOT)}")
    if sys.argv[1] == "register":
        print("Next: its columns, Flow and clauses; then `make migrations`, the Chinese texts, `make check`.")
    else:
        print("Next: its register, condition, both names and clause; then a spec test, `make check`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
