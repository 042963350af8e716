"""The import contracts hold, and each one breaks when it is violated: a contract that cannot break protects nothing."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command(sys.argv[1:])"

# contract, what the violation is, files to write
VIOLATIONS = (
    ("layers", "a lower room imports a higher one", {"anlan/kernel/zz.py": "import anlan.org"}),
    ("layers", "a face imports another face", {"anlan/web/zz.py": "import anlan.api"}),
    ("layers", "siblings import each other", {"anlan/facts/zz.py": "import anlan.exchange"}),
    ("layers", "a room stands in no layer", {"anlan/attic/__init__.py": ""}),
    ("engine", "the engine imports content", {"anlan/flow/zz.py": "import anlan_cn"}),
    ("engine", "the engine imports the settings", {"anlan/web/zz.py": "import config"}),
    ("content", "content reaches into the assessment", {"anlan_cn/zz.py": "import anlan.assessment"}),
    ("content", "content reaches into the ledger", {"anlan_cn/zz.py": "import anlan.ledger"}),
    (
        "content",
        "content reads the organisation's tables",
        {"anlan_cn/zz.py": "import anlan.org.zz", "anlan/org/zz.py": ""},
    ),
    ("append", "the assessment appends to the ledger", {"anlan/assessment/zz.py": "import anlan.ledger.append"}),
    ("append", "the settings append to the ledger", {"config/zz.py": "from anlan.ledger.append import append"}),
    ("pure", "a kernel value imports Django", {"anlan/kernel/zz.py": "import django"}),
    ("pure", "a measure imports Django", {"anlan/measures/zz.py": "from django.db import models"}),
    (
        "pure",
        "the score arithmetic imports Django through another module",
        {"anlan/assessment/arithmetic.py": "import anlan.assessment.zz", "anlan/assessment/zz.py": "import django"},
    ),
    (
        "acyclic",
        "two modules of a room import each other",
        {"anlan/flow/zy.py": "import anlan.flow.zz", "anlan/flow/zz.py": "import anlan.flow.zy"},
    ),
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three packages and the configuration, copied once."""
    folder = tmp_path_factory.mktemp("packages")
    for package in ("anlan", "anlan_cn", "config"):
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=shutil.ignore_patterns("static", "templates", "locale", "__pycache__"),
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path, *contracts: str) -> tuple[int, str]:
    """Run import-linter on the packages of a folder: exit code and everything said, on one line."""
    chosen = [argument for contract in contracts for argument in ("--contract", contract)]
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo", *chosen],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def declared() -> dict[str, str]:
    """The names of the contracts in pyproject.toml, by id."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    return {contract["id"]: contract["name"] for contract in contracts}


def test_the_code_as_it_stands_keeps_every_contract(copied: Path) -> None:
    code, said = lint(copied)
    assert code == 0, said
    assert "6 kept, 0 broken" in said


def test_every_contract_has_a_violation_below() -> None:
    assert set(declared()) == {contract for contract, _, _ in VIOLATIONS}


@pytest.mark.parametrize(
    ("contract", "files"),
    [pytest.param(contract, files, id=f"{contract}: {what}") for contract, what, files in VIOLATIONS],
)
def test_a_violation_breaks_its_contract_by_name(copied: Path, contract: str, files: dict[str, str]) -> None:
    before = {name: (copied / name).read_bytes() if (copied / name).exists() else None for name in files}
    try:
        for name, text in files.items():
            (copied / name).parent.mkdir(exist_ok=True)
            (copied / name).write_text(text + "\n", encoding="utf-8")
        code, said = lint(copied, contract)
    finally:
        for name, content in before.items():
            (copied / name).unlink() if content is None else (copied / name).write_bytes(content)
        shutil.rmtree(copied / "anlan" / "attic", ignore_errors=True)
    assert code == 1, said
    assert f"{declared()[contract]} BROKEN" in said


def test_content_may_declare_roles(copied: Path) -> None:
    roles = copied / "anlan" / "org" / "roles.py"
    kept = roles.read_bytes() if roles.exists() else None
    declares = copied / "anlan_cn" / "zz.py"
    declares.write_text("import anlan.org.roles\n", encoding="utf-8")
    if kept is None:
        roles.write_text("", encoding="utf-8")
    try:
        code, said = lint(copied, "content")
    finally:
        declares.unlink()
        if kept is None:
            roles.unlink()
    assert code == 0, said


@pytest.mark.parametrize("module", ["anlan/ledger/append.py", "anlan/assessment/arithmetic.py"])
def test_what_a_contract_guards_is_still_where_it_looks(module: str) -> None:
    assert (ROOT / module).is_file()
