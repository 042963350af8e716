"""Files that hurt: each has one defined answer."""

import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from anlan.exchange.check import Checked
from anlan.exchange.errors import BadFile
from anlan.exchange.guard import scan
from tests.sheets import HAZARD, comma_text, hazard, rezipped, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.database]
Run = Callable[..., Checked]
SHEET = "xl/worksheets/sheet1.xml"


def places(result: Checked) -> list[tuple[str, str]]:
    return [(problem.place, problem.what) for problem in result.report.problems]


# ── files that are not opened ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "exchange.E001"),
        (b"  \n ", "exchange.E001"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "exchange.E004"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "exchange.E003"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "exchange.E005"),
        (b"PK\x03\x04 and then nothing", "exchange.E006"),
        (b"%PDF-1.7\0\1\2", "exchange.E006"),
        (b"\xff\x00\xfe\x00", "exchange.E006"),
        (b"\x81\x30\x81", "exchange.E011"),
        (b"just words", "exchange.E012"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_with_a_reason(checked: Run, raw: bytes, code: str) -> None:
    with pytest.raises(BadFile) as caught:
        checked(raw)
    assert caught.value.code == code


def test_an_old_excel_file_is_told_from_a_locked_one(checked: Run) -> None:
    with pytest.raises(BadFile, match=r"^This is an old Excel file \(.xls\). Save it as .xlsx"):
        checked(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(BadFile, match=r"^The file is locked with a password."):
        checked(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))


def test_another_archive_is_no_workbook(checked: Run) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    with pytest.raises(BadFile, match=r"^This is no .xlsx workbook"):
        checked(stream.getvalue())


def test_a_bomb_is_not_opened(checked: Run) -> None:
    raw = rezipped(workbook(HAZARD, hazard()), {SHEET: lambda content: content + b" " * 250 * 2**20})
    assert len(raw) < 300_000
    with pytest.raises(BadFile, match=r"^The file unpacks to far more than a sheet of this size should"):
        checked(raw)


def test_a_bomb_that_lies_about_its_size_is_not_opened(checked: Run) -> None:
    raw = bytearray(rezipped(workbook(HAZARD, hazard()), {SHEET: lambda content: content + b" " * 250 * 2**20}))
    directory = raw.rindex(SHEET.encode()) - 46
    assert raw[directory : directory + 4] == b"PK\x01\x02"
    raw[directory + 24 : directory + 28] = struct.pack("<I", 1000)
    with pytest.raises(BadFile, match=r"^The file unpacks to far more than a sheet of this size should"):
        checked(bytes(raw))


def test_one_value_in_the_last_cell_of_excel_does_not_allocate_the_whole_sheet(checked: Run) -> None:
    raw = workbook(HAZARD, hazard(), more=lambda _book, sheet: sheet.write(1048575, 16383, "far away"))
    with pytest.raises(BadFile, match=r'^Sheet "Data" has a value in cell XFD1048576.'):
        checked(raw)


def test_a_cell_that_says_two_places_is_refused(checked: Run) -> None:
    """The look would count A2, and the library that reads the cells would allocate the whole sheet."""

    def two_places(content: bytes) -> bytes:
        content = content.replace(b"<worksheet ", b'<worksheet xmlns:x="urn:x" ')
        return content.replace(b'<c r="A2"', b'<c r="XFD1048576" x:r="A2"')

    with pytest.raises(BadFile, match=r"^The file is damaged or no spreadsheet."):
        checked(rezipped(workbook(HAZARD, hazard()), {SHEET: two_places}))


@pytest.mark.parametrize(
    ("member", "said", "instead"),
    [
        ("xl/workbook.xml", b'name="Other"', b'name="Data"'),  # two sheets of one name
        ("xl/workbook.xml", b'r:id="rId2"', b'r:id="rId1"'),  # one sheet under two names
        ("xl/_rels/workbook.xml.rels", b'Id="rId2"', b'Id="rId1"'),
        ("xl/_rels/workbook.xml.rels", b"worksheets/sheet2.xml", b"worksheets/sheet1.xml"),
    ],
)
def test_a_sheet_that_can_be_taken_for_another_is_refused(
    checked: Run, member: str, said: bytes, instead: bytes
) -> None:
    raw = workbook(HAZARD, hazard(), more=lambda book, _sheet: book.add_worksheet("Other"))
    assert checked(raw).report.ready == 1

    with pytest.raises(BadFile, match=r"^The file is damaged or no spreadsheet."):
        checked(rezipped(raw, {member: lambda content: content.replace(said, instead)}))


def test_letters_of_two_bytes_are_refused(checked: Run) -> None:
    """The library reads them byte by byte, and may find cells there that the look did not see."""
    raw = rezipped(
        workbook(HAZARD, hazard()), {SHEET: lambda content: content.split(b"?>", 1)[1].decode().encode("utf-16")}
    )
    with pytest.raises(BadFile, match=r"^The file is damaged or no spreadsheet."):
        checked(raw)


def test_the_limit_of_cells_is_of_all_sheets_together(checked: Run) -> None:
    def corners(book: Any, _sheet: Any) -> None:
        for number in range(2):
            book.add_worksheet(f"More {number}").write(49_999, 39, "corner")

    with pytest.raises(BadFile, match=r'^Sheet "More 1" has a value in cell AN50000.'):
        checked(workbook(HAZARD, hazard(), more=corners))


def test_a_text_that_is_stored_once_and_shown_everywhere_is_a_bomb(checked: Run) -> None:
    raw = workbook(HAZARD, hazard(), more=lambda _book, sheet: sheet.write_column(2, 3, ["again"] * 200))
    long = rezipped(raw, {"xl/sharedStrings.xml": lambda content: content.replace(b"again", b"a" * 300_000)})
    assert len(long) < 20_000
    with pytest.raises(BadFile, match=r"^The file unpacks to far more than a sheet of this size should"):
        checked(long)


def test_the_library_is_given_what_was_looked_at_and_no_paper_of_another_kind() -> None:
    """It tries four kinds of spreadsheets one after another; of the others nothing was looked at."""
    stream = io.BytesIO(workbook(HAZARD, hazard()))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("content.xml", "<table:table-cell xmlns:table='t' table:number-columns-repeated='16384'/>")
        archive.writestr("xl/media/a.png", b"\x89PNG")

    with zipfile.ZipFile(io.BytesIO(scan(stream.getvalue()).archive)) as given:
        names = set(given.namelist())
    assert {SHEET, "xl/workbook.xml", "_rels/.rels", "[Content_Types].xml"} <= names
    assert not {"content.xml", "xl/media/a.png"} & names


def test_empty_cells_with_a_style_far_away_do_no_harm(checked: Run) -> None:
    raw = workbook(
        HAZARD, hazard(), more=lambda book, sheet: sheet.write_blank(1048575, 0, None, book.add_format({"bold": True}))
    )
    assert checked(raw).report.ready == 1


def test_a_document_type_with_entities_is_refused(checked: Run) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    raw = rezipped(workbook(HAZARD, hazard()), {SHEET: lambda content: bomb + content.split(b"?>", 1)[1]})
    with pytest.raises(BadFile, match=r"^The file is damaged or no spreadsheet."):
        checked(raw)


def test_too_many_rows_are_refused(checked: Run) -> None:
    with pytest.raises(BadFile, match=r"^Row 100021 is beyond the limits: 100000 rows and 256 columns."):
        checked(b"occurred_on,area,description\n" + b"2025-01-01,fire,x\n" * 100_021)


# ── cells ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_formula_counts_with_its_stored_result_and_the_report_says_so(checked: Run) -> None:
    raw = workbook(HAZARD, hazard(), more=lambda _book, sheet: sheet.write_formula("D2", '="a"&"b"', None, "ab"))
    result = checked(raw)
    assert result.ready[0].record.description == "ab"
    assert result.report.formulas == 1
    assert [note.text for note in result.report.notes] == [
        "1 formulas: their stored results were read; nothing was calculated."
    ]


def test_a_formula_without_a_result_is_an_error(checked: Run) -> None:
    raw = workbook(HAZARD, hazard(), more=lambda _book, sheet: sheet.write_formula("D2", "=NOW()", None, ""))
    assert places(checked(raw)) == [
        ("D2", "The cell holds a formula without a result; open the file in Excel and save it, or write the value.")
    ]


def test_the_error_of_a_formula_is_an_error_also_in_an_optional_cell(checked: Run) -> None:
    raw = workbook(
        (*HAZARD, "owner_post"), hazard(), more=lambda _book, sheet: sheet.write_formula("E2", "=1/0", None, "#DIV/0!")
    )
    assert places(checked(raw)) == [("E2", "The cell shows the error #DIV/0! of a formula.")]


def test_a_merged_area_gives_its_value_only_to_its_first_cell(checked: Run) -> None:
    raw = workbook(
        HAZARD,
        hazard(),
        hazard("2025-03-13", "", "general", "Another"),
        more=lambda _book, sheet: sheet.merge_range("B2:B3", "fire"),
    )
    assert places(checked(raw)) == [
        (
            "B3",
            "The cell is merged with another; only the first cell of a merged area has the value. Unmerge it and fill each row.",
        )
    ]


def test_blank_rows_are_skipped_and_counted(checked: Run) -> None:
    result = checked(workbook(HAZARD, (), hazard(), ("", "  ", "\u3000"), hazard("2025-03-13")))
    assert (result.report.blank, result.report.rows, result.report.ready) == (2, 2, 2)


def test_a_row_marked_as_an_example_is_skipped(checked: Run) -> None:
    result = checked(workbook(("标记", *HAZARD), ("示例", *hazard()), ("", *hazard())))
    assert (result.report.examples, result.report.rows) == (1, 1)


def test_every_bad_cell_of_a_row_is_named_at_once(checked: Run) -> None:
    result = checked(workbook(HAZARD, ("18.3.5", "火", "", ""), hazard()))
    assert places(result) == [
        ("A2", "The year needs four digits."),
        ("B2", "This is none of the choices."),
        ("D2", "A value is needed."),
    ]
    assert (result.report.rows, result.report.ready, result.report.is_ready) == (2, 1, False)


def test_the_rules_of_the_register_speak_with_the_words_of_the_form(checked: Run) -> None:
    heading = (*HAZARD, "owner_post", "measures", "rectified_on")
    raw = comma_text(heading, (*hazard("2025-03-12"), "Security office", "New lamp", "2025-03-01"))
    assert places(checked(raw)) == [("G2", "It cannot be rectified before it was found.")]


def test_a_day_in_the_future_is_refused(checked: Run) -> None:
    assert places(checked(workbook(HAZARD, hazard("2099-01-01")))) == [
        ("A2", "The date lies in the future; record it when it has happened.")
    ]


def test_a_text_longer_than_its_column_is_refused(checked: Run) -> None:
    result = checked(workbook((*HAZARD, "owner_post"), (*hazard(), "p" * 61)))
    assert result.report.problems[0].place == "E2"
    assert "at most 60 characters (it has 61)" in result.report.problems[0].what


# ── duplicates ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_duplicate_within_the_file_names_the_other_row(checked: Run) -> None:
    result = checked(workbook(HAZARD, hazard(), hazard("2025-03-13"), hazard("2025.3.12")))
    assert [(problem.place, problem.what, problem.expected) for problem in result.report.problems] == [
        ("A4", "Row 2 of the file says the same.", "each combination of Found on, What was found once")
    ]


def test_the_template_of_another_register_is_refused(checked: Run) -> None:
    from anlan.exchange.template import write_template
    from anlan.flow.spec import find_register

    stream: Any = io.BytesIO()
    write_template(find_register("key_place"), stream)
    with pytest.raises(
        BadFile, match=r'^This is the template of the register "key_place"; the file was sent to "hazard".$'
    ):
        checked(stream.getvalue())


@pytest.mark.parametrize(
    ("member", "content", "code"),
    [
        ("xl/vbaProject.bin", b"x", "exchange.E017"),
        ("xl/macrosheets/sheet1.xml", b"<x/>", "exchange.E017"),
        ("../../x.xml", b"<x/>", "exchange.E006"),
        ("xl/media/image1.png", b"PK\x03\x04 another archive", "exchange.E018"),
    ],
)
def test_macros_outside_paths_and_archives_inside_are_refused(
    checked: Run, member: str, content: bytes, code: str
) -> None:
    stream = io.BytesIO(workbook(HAZARD, hazard()))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(member, content)
    with pytest.raises(BadFile) as caught:
        checked(stream.getvalue())
    assert caught.value.code == code
