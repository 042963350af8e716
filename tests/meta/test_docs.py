"""The documents hold: links resolve, every public command and make target is written down, and nothing names a private path."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.command import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
TERMS = "台账 方案 网格 任务 上报 整改 复查 隐患 演练 考核 细则 扣分 一票否决 投诉 纠纷 调解 信访 督办 通报"
ENVIRONMENT = re.compile(r"os\.environ(?:\.get\(|\[)\"(ANLAN_[A-Z_]+|HOST|PORT)\"")


def documents() -> list[Path]:
    """Every page that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def broken_links(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere; addresses on the web are not asked."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / path).resolve() if path else page
        has_anchor = not anchor or file.suffix != ".md"
        if not file.exists() or not (has_anchor or anchor in anchors(file)):
            yield target


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n[a](page.md#a-page) [b](gone.md) [c](#nowhere)\n", encoding="utf-8")
    assert list(broken_links(page)) == ["gone.md", "#nowhere"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_public_command_is_written_down(command: str) -> None:
    assert f"`anlan {command}`" in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_make_target_with_a_help_text_is_written_down() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [target for target in targets if f"`make {target}" not in index and target != "help"] == []


def test_every_environment_variable_is_written_down() -> None:
    found = {
        name
        for path in (ROOT / "config").rglob("*.py")
        for name in ENVIRONMENT.findall(path.read_text(encoding="utf-8"))
    }
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert found
    assert sorted(name for name in found if f"`{name}`" not in operations) == []


def test_every_register_term_of_the_style_guide_is_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"\S+", TERMS)
    assert [term for term in terms if term not in glossary] == []
