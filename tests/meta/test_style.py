"""The style guide as code. Each rule is a function over a folder, so that each is also shown to catch an offender."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("anlan", "anlan_cn", "config", "tests", "constraints", "bench", "docs", ".ci")
SKIPPED = {"__pycache__", "vendor", ".git", ".venv", "var"}
BANNED_NAMES = {"utils", "common", "core", "helpers", "misc", "services"}
MAX_LINES = 600
COUNTED = {".py", ".html", ".css", ".js"}
TEXT = {*COUNTED, ".md", ".toml", ".yaml", ".yml", ".json", ".txt", ".sh", ".po", ".svg", ""}
PERSONAL = re.compile(
    "|".join(["/" + "root/", "/" + r"home/\w", "/" + "work/", "/" + r"Users/\w", r"[A-Z]:\\" + "Users"])
)


def files(root: Path, *suffixes: str) -> Iterator[Path]:
    """Our own files under a root, in order."""
    folders = [root / name for name in OURS if (root / name).is_dir()]
    loose = [path for path in root.iterdir() if path.is_file()] if folders else []
    for path in sorted([*loose, *(path for folder in folders for path in folder.rglob("*") if path.is_file())]):
        if not SKIPPED & set(path.relative_to(root).parts) and (not suffixes or path.suffix in suffixes):
            yield path


def name_of(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def long_files(root: Path) -> list[str]:
    return [
        name_of(path, root)
        for path in files(root, *COUNTED)
        if "migrations" not in path.parts and len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES
    ]


def vague_names(root: Path) -> list[str]:
    return [
        name_of(path, root)
        for path in files(root)
        if BANNED_NAMES & {part.split(".")[0] for part in path.relative_to(root).parts}
    ]


def rooms_without_their_docstring(root: Path) -> list[str]:
    faults = []
    for path in sorted((root / "anlan").glob("*/__init__.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        wanting = [word for word in ("Holds:", "Refuses:", "Imports:") if word not in said]
        faults += [f"{name_of(path, root)} says nothing under {', '.join(wanting)}"] if wanting else []
    return faults


def swallowed_exceptions(root: Path) -> list[str]:
    """Handlers of everything that do not raise. At a process edge write `# noqa: BLE001 process edge: why` beside it."""
    faults = []
    for path in files(root, ".py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler) and _catches_everything(node) and not _raises(node):
                excused = "process edge:" in text.splitlines()[node.lineno - 1]
                faults += [] if excused else [f"{name_of(path, root)}:{node.lineno}"]
    return faults


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"}) for kind in kinds
    )


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for part in handler.body for node in ast.walk(part))


def assertionless_tests(root: Path) -> list[str]:
    faults = []
    for path in files(root, ".py"):
        if path.name.startswith("test_"):
            functions = [
                node
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
            asserting = _asserting_names(functions)
            faults += [
                f"{name_of(path, root)}: {function.name}"
                for function in functions
                if function.name.startswith("test_") and function.name not in asserting
            ]
    return faults


def _asserting_names(functions: list[ast.FunctionDef | ast.AsyncFunctionDef]) -> set[str]:
    """The functions that assert, themselves or through another function of the file."""
    asserting: set[str] = set()
    while True:
        found = {
            function.name for function in functions if any(_asserts(node, asserting) for node in ast.walk(function))
        }
        if found == asserting:
            return asserting
        asserting = found


def _asserts(node: ast.AST, asserting: set[str]) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return called in asserting | {"raises", "fail", "expect"} or called.startswith("assert")


def personal_paths(root: Path) -> list[str]:
    faults = []
    for path in files(root, *TEXT):
        lines = path.read_text(encoding="utf-8").splitlines()
        faults += [f"{name_of(path, root)}:{number}" for number, line in enumerate(lines, 1) if PERSONAL.search(line)]
    return faults


RULES = (
    long_files,
    vague_names,
    rooms_without_their_docstring,
    swallowed_exceptions,
    assertionless_tests,
    personal_paths,
)

# rule, the offending file, its text, what the rule must say
OFFENDERS = (
    (long_files, "anlan/flow/register.py", "x = 1\n" * 601, "anlan/flow/register.py"),
    (vague_names, "anlan/utils/dates.py", "", "anlan/utils/dates.py"),
    (vague_names, "anlan/web/helpers.py", "", "anlan/web/helpers.py"),
    (
        rooms_without_their_docstring,
        "anlan/flow/__init__.py",
        '"""Holds: x. Refuses: y."""',
        "anlan/flow/__init__.py says nothing under Imports:",
    ),
    (
        swallowed_exceptions,
        "anlan/flow/perform.py",
        "try:\n    f()\nexcept Exception:\n    pass\n",
        "anlan/flow/perform.py:3",
    ),
    (
        swallowed_exceptions,
        "config/command.py",
        "try:\n    f()\nexcept (ValueError, BaseException):\n    x = 1\n",
        "config/command.py:3",
    ),
    (swallowed_exceptions, "config/command.py", "try:\n    f()\nexcept:\n    x = 1\n", "config/command.py:3"),
    (
        assertionless_tests,
        "tests/unit/test_x.py",
        "def test_it_runs():\n    f()\n",
        "tests/unit/test_x.py: test_it_runs",
    ),
    (personal_paths, "docs/guide.md", "Open /" + "home/li/anlan.\n", "docs/guide.md:1"),
    (personal_paths, "config/settings.py", "HOME = '/" + "root/var'\n", "config/settings.py:1"),
)

INNOCENT = (
    (long_files, "anlan/flow/register.py", "x = 1\n" * 600),
    (swallowed_exceptions, "config/a.py", "try:\n    f()\nexcept Exception as error:\n    raise Refused from error\n"),
    (
        swallowed_exceptions,
        "config/a.py",
        "try:\n    f()\nexcept Exception:  # noqa: BLE001 process edge: a worker goes on\n    pass\n",
    ),
    (swallowed_exceptions, "config/a.py", "try:\n    f()\nexcept KeyError:\n    pass\n"),
    (assertionless_tests, "tests/test_x.py", "def same(a):\n    assert a\ndef test_x():\n    same(1)\n"),
    (assertionless_tests, "tests/test_x.py", "def test_x():\n    with pytest.raises(KeyError):\n        f()\n"),
    (personal_paths, "docs/guide.md", "Open ./var or /etc/anlan.\n"),
)


def written(root: Path, name: str, text: str) -> Path:
    (root / name).parent.mkdir(parents=True)
    (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_the_rule(rule) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize(("rule", "name", "text", "said"), OFFENDERS)
def test_an_offender_is_named(tmp_path: Path, rule, name: str, text: str, said: str) -> None:
    assert rule(written(tmp_path, name, text)) == [said]


@pytest.mark.parametrize(("rule", "name", "text"), INNOCENT)
def test_an_innocent_file_passes(tmp_path: Path, rule, name: str, text: str) -> None:
    assert rule(written(tmp_path, name, text)) == []


def test_the_walk_sees_every_package() -> None:
    seen = {path.relative_to(ROOT).parts[0] for path in files(ROOT, ".py")}
    assert {"anlan", "anlan_cn", "config", "tests", "constraints"} <= seen
