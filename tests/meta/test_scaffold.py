"""A new register and a new measure cost one command: what the scaffolds write imports, migrates and passes the lint."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.scaffold import ScaffoldError, new_measure, new_register

ROOT = Path(__file__).resolve().parents[2]
READ = """
import django
django.setup()
from anlan.flow.spec import find_register
from anlan.measures import catalogue
import anlan_cn.measures
spec = find_register("evacuation_walk")
print(spec.name, spec.prefix, spec.first, sorted(spec.field_names))
print(catalogue.get("evacuation_walks_held").kind)
"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for package in ("anlan", "anlan_cn", "config"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("vendor", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    """Run this Python on the copied packages and return what it said; a failure shows its output."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "ANLAN_HOME": str(folder / "home"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LANGUAGE": "en",
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_written_imports_and_migrates(copied: Path) -> None:
    register = new_register("security/evacuation_walk", root=copied)
    measure = new_measure("evacuation_walks_held", root=copied)
    assert register == copied / "anlan_cn" / "registers" / "security" / "evacuation_walk.py"
    assert measure == copied / "anlan_cn" / "measures" / "evacuation_walks_held.py"
    said = run(copied, "-c", READ).splitlines()
    assert said == ["Evacuation walk EW record ['department', 'occurred_on', 'title']", "count"]
    assert "Create model EvacuationWalk" in run(copied, "-m", "django", "makemigrations", "--dry-run")


def test_what_is_written_passes_lint_and_format(copied: Path) -> None:
    written = [new_register("evacuation_walk", root=copied), new_measure("evacuation_walks_held", root=copied)]
    paths = [str(path) for path in (*written, copied / "anlan_cn/models.py", copied / "anlan_cn/measures/__init__.py")]
    assert "All checks passed!" in run(copied, "-m", "ruff", "check", *paths)
    assert "4 files already formatted" in run(copied, "-m", "ruff", "format", "--check", *paths)


def test_a_register_that_exists_is_refused_and_left_as_it_is(copied: Path) -> None:
    before = (copied / "anlan_cn" / "models.py").read_bytes()
    with pytest.raises(
        ScaffoldError, match=r'^There is a register "hazard" already; anlan_cn/models\.py imports Hazard\.'
    ):
        new_register("security/hazard", root=copied)
    assert (copied / "anlan_cn" / "models.py").read_bytes() == before
    assert not (copied / "anlan_cn" / "registers" / "security" / "hazard.py").exists()


def test_a_measure_file_that_exists_is_refused(copied: Path) -> None:
    with pytest.raises(ScaffoldError, match=r"^hazards\.py exists already in measures\. Choose another name"):
        new_measure("hazards", root=copied)


@pytest.mark.parametrize("name", ["", "FireDrill", "fire-drill", "2nd_drill", "class", "../x", "a/b/c"])
def test_a_bad_name_is_refused_with_an_example(copied: Path, name: str) -> None:
    with pytest.raises(ScaffoldError, match=r"NAME=security/fire_drill\.$"):
        new_register(name, root=copied)


def test_an_unknown_folder_is_refused_with_those_that_exist(copied: Path) -> None:
    with pytest.raises(
        ScaffoldError, match=r'^There is no folder "kitchen" in registers\. Choose one of: .*\bsecurity\b'
    ):
        new_register("kitchen/fire_drill", root=copied)
