"""The template, the error file and the commands around them."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation
from python_calamine import load_workbook

from anlan.exchange.check import Checked
from anlan.exchange.errors import BadFile
from anlan.exchange.mending import mending_file
from anlan.exchange.template import template_version, write_template
from anlan.flow.spec import all_registers, find_register
from anlan.org.scope import Actor, acting, as_system
from anlan_cn.models import Hazard
from config.commands import import_sheet, registers, template
from config.faults import BadInput
from tests.records import list_place
from tests.sheets import HAZARD, hazard, workbook
from tests.world import World

pytestmark = pytest.mark.django_db
Run = Callable[..., Checked]


def written(register: str, **options: Any) -> bytes:
    stream: Any = io.BytesIO()
    write_template(find_register(register), stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_untouched_template_of_every_register_holds_no_rows_but_its_example(checked: Run, language: str) -> None:
    for spec in all_registers():
        if spec.steps[spec.first].evidence:
            continue
        with pytest.raises(BadFile, match=r"^The sheet has headings but no rows to import.$"):
            checked(written(spec.code, language=language), register=spec.code)


def test_the_template_has_headings_codes_an_example_and_what_it_is(li_actor: Actor, world: World) -> None:
    list_place(world.hospital_a, by=li_actor, name="门诊药房")
    with acting(li_actor):
        raw = written("hazard", language="en", institution=world.hospital_a)
    book = load_workbook(io.BytesIO(raw))
    rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert rows[0][:6] == ["Mark", "Found on *", "Area *", "Level", "Key place", "What was found *"]
    assert rows[1][:3] == ["_mark", "occurred_on", "area"]
    assert rows[2][0] == "Example, not imported"
    assert rows[2][4] == "KP-2025-0001 门诊药房"
    meta = dict(book.get_sheet_by_name("_anlan").to_python())
    assert meta == {"register": "hazard", "version": template_version(find_register("hazard")), "language": "en"}


def test_a_filled_template_is_read_back(checked: Run, tmp_path: Path) -> None:
    import zipfile

    raw = written("hazard", language="en")
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    row = '<row r="4"><c r="B4"><v>45728</v></c><c r="C4" t="inlineStr"><is><t>Fire safety</t></is></c><c r="F4" t="inlineStr"><is><t>x</t></is></c></row>'
    from tests.sheets import rezipped

    filled = rezipped(
        raw, {"xl/worksheets/sheet1.xml": lambda _content: sheet.replace("</sheetData>", row + "</sheetData>").encode()}
    )
    result = checked(filled)
    assert result.report.problems == []
    assert (result.report.rows, result.report.examples) == (1, 1)
    assert result.ready[0].record.occurred_on.isoformat() == "2025-03-12"


def test_the_error_file_has_all_rows_marks_the_bad_cells_and_can_be_sent_again(checked: Run) -> None:
    result = checked(workbook(HAZARD, hazard("18.3.5"), hazard("2025-03-13")))
    rows = load_workbook(io.BytesIO(mending_file(result))).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert rows[0] == [*HAZARD, "What to mend"]
    assert rows[1][:4] == list(hazard("18.3.5"))
    assert rows[1][4].startswith("Found on: The year needs four digits. → a date such as 2025-03-12")
    assert rows[2][4] == ""
    again = checked(mending_file(result))
    assert [problem.place for problem in again.report.problems] == ["A2"]


def command(module: Any, **arguments: Any) -> int:
    return int(module.run(SimpleNamespace(**arguments)))


def importing(file: Path, **arguments: Any) -> dict[str, Any]:
    return {
        "register": "hazard",
        "file": file,
        "institution": "A",
        "dry_run": False,
        "errors": None,
        "language": "zh",
        "username": None,
        "json": True,
    } | arguments


def test_the_command_imports_as_a_person_or_as_the_system(
    world: World, li_actor: Actor, tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / "hazards.xlsx"
    file.write_bytes(workbook(HAZARD, hazard()))
    assert command(import_sheet, **importing(file, dry_run=True)) == 0
    assert json.loads(capsys.readouterr().out)["written"] == 0
    assert command(import_sheet, **importing(file, username="li")) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["written"], said["states"]) == (1, {"Found": 1})
    with as_system("test"):
        assert Hazard.objects.get().recorded_by_id == li_actor.person_id


def test_the_command_ends_with_1_and_names_the_cells_when_something_has_to_be_mended(
    world: World, tmp_path: Path, capsys: Any
) -> None:
    file, errors = tmp_path / "hazards.xlsx", tmp_path / "errors.xlsx"
    file.write_bytes(workbook(HAZARD, hazard("18.3.5")))
    assert command(import_sheet, **importing(file, errors=errors)) == 1
    said = json.loads(capsys.readouterr().out)
    assert [(problem["place"], problem["what"]) for problem in said["problems"]] == [
        ("A2", "The year needs four digits.")
    ]
    marked = load_workbook(errors).get_sheet_by_index(0).to_python()
    assert marked[0][-1] == "需要修改之处"
    assert marked[1][-1].startswith("发现日期")
    assert command(import_sheet, **importing(file, errors=errors, language="en")) == 1
    assert load_workbook(errors).get_sheet_by_index(0).to_python()[0][-1] == "What to mend"
    capsys.readouterr()
    assert command(import_sheet, **importing(file, json=False)) == 1
    assert "Nothing was written" in capsys.readouterr().out


def test_the_command_refuses_what_it_does_not_know(world: World, tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    file.write_bytes(b"just words")
    with pytest.raises(BadInput, match=r"^No sheet has the headings of this register.*\[exchange.E012\]$"):
        command(import_sheet, **importing(file))
    with pytest.raises(LookupError, match=r'^There is no institution "Z"'):
        command(import_sheet, **importing(file, institution="Z"))
    with pytest.raises(BadInput, match=r'^There is no person with the user name "nobody".$'):
        command(import_sheet, **importing(file, username="nobody"))


def test_the_registers_command_tells_programs_what_a_sheet_needs(capsys: Any) -> None:
    assert command(registers, register="hazard", language="en", json=True) == 0
    (said,) = json.loads(capsys.readouterr().out)["registers"]
    required = [field["name"] for field in said["fields"] if field["required"]]
    assert required == ["occurred_on", "area", "description"]
    assert said["fields"][1]["choices"]["fire"] == "Fire safety"
    assert [step["name"] for step in said["steps"]][:4] == ["report", "assign", "rectify", "verify"]


def test_the_template_command_writes_a_workbook(world: World, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "hazard.xlsx"
    assert command(template, register="hazard", out=out, institution="A", language="zh") == 0
    assert load_workbook(out).sheet_names[-1] == "_anlan"
    with pytest.raises(BadInput, match=r"must end in .xlsx"):
        command(template, register="hazard", out=tmp_path / "x.csv", institution=None, language="en")


def test_headings_follow_the_language_of_the_template() -> None:
    with translation.override("en"):
        chinese = load_workbook(io.BytesIO(written("hazard", language="zh-hans")))
    assert chinese.get_sheet_by_index(0).to_python()[0][0] == "标记"
