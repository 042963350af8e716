"""Every register has a manual page that says what its declaration says."""

from pathlib import Path

import pytest

from config import manual


def test_every_page_says_what_its_declaration_says() -> None:
    assert manual.faults() == []


def test_a_page_changed_by_hand_a_missing_one_and_one_too_many_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manual, "FOLDER", tmp_path / "registers")
    manual.write()
    assert manual.faults() == []
    hazard = tmp_path / "registers" / "hazard.md"
    hazard.write_text(hazard.read_text(encoding="utf-8") + "By hand.\n", encoding="utf-8")
    (tmp_path / "registers" / "dispute.md").unlink()
    (tmp_path / "registers" / "canteen.md").write_text("# Canteen\n", encoding="utf-8")
    assert manual.faults() == [
        "docs/registers/dispute.md is missing",
        "docs/registers/canteen.md describes no register",
        "docs/registers/hazard.md differs from its declaration",
    ]


def test_a_page_names_columns_steps_people_and_clauses() -> None:
    page = manual.pages()["hazard.md"]
    assert "# Hazard 隐患" in page
    assert (
        "| `description` | What was found 隐患情况 | text, at most 1000 characters | yes | internal | `report` |"
        in page
    )
    assert (
        "| `verify` Verify 复查 | rectified → verified | Department head 科室负责人, Grid head 网格长, Institution office 创建办公室, "
        in page
    )
    assert "| S2-2.4-b | Hazards mended by a date 隐患限期整改 |" in page
