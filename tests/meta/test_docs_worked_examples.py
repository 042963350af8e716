"""The worked examples of the manual still work: the first register declares itself, the first rubric lints as the page says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from anlan.assessment.lint import lint
from anlan.assessment.load import load_rubric
from config.scaffold import new_register

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
READ = """
import django
django.setup()
from anlan.flow.spec import find_register
spec = find_register("fire_drill")
print(spec.prefix, spec.first, ",".join(spec.steps), sorted(spec.field_names))
"""


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [code for kind, code in BLOCK.findall(text) if kind == language]


def run(folder: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "ANLAN_HOME": str(folder / "home"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_register_of_the_manual_is_one(tmp_path: Path) -> None:
    for package in ("anlan", "anlan_cn", "config"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("vendor", "__pycache__"))
    file = new_register("security/fire_drill", root=tmp_path)
    file.write_text(blocks("first-register.md", "python")[0], encoding="utf-8")

    assert run(tmp_path, "-c", READ) == (
        "FR record record,report,attach,correct,annul,involve,release "
        "['department', 'findings', 'kind', 'occurred_on', 'people', 'place']\n"
    )
    assert "Create model FireDrill" in run(tmp_path, "-m", "django", "makemigrations", "--dry-run")


def test_the_first_rubric_of_the_manual_lints_as_the_page_says(tmp_path: Path) -> None:
    names = ("law/instruments.yaml", "law/clauses.yaml", "law/parameters/rivertown-2025.yaml", "rivertown.yaml")
    for name, text in zip(names, blocks("first-rubric.md", "yaml"), strict=True):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    found = [(finding.id, finding.place) for finding in lint(load_rubric(tmp_path / "rivertown.yaml"))]

    assert found == [("rubric.L011", "B1-k3"), ("rubric.L014", "rivertown-2025")]
