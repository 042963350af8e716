"""What is looked at before a workbook is opened: kind of file, true unpacked size, and where its cells lie.

A spreadsheet library allocates the whole rectangle from the first to the last cell, so one cell at XFD1048576 would cost
hundreds of gigabytes. Sizes that an archive states about itself are not believed; each member is unpacked and counted.
"""

import re
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as Xml  # DTDs are refused before it sees a document
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext as _

from anlan.exchange.columns import letter
from anlan.exchange.errors import BadFile
from anlan.flow.uploads.office import active_part, is_archive, unsafe_path

MAX_FILE_BYTES = 20 * 2**20
MAX_UNPACKED_BYTES = 200 * 2**20
MAX_RATIO = 200  # real sheets pack about 1:10, a column of one value 1:100
RATIO_MATTERS_FROM = 5 * 2**20
MAX_MEMBERS = 500
MAX_ROWS = 100_000
MAX_COLUMNS = 256
MAX_CELLS = 4_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetScan:
    """What lies in a sheet beyond its values. Places are (row, column), both from 0."""

    rows: int
    columns: int
    formulas: int
    unreckoned: frozenset[tuple[int, int]]
    errors: dict[tuple[int, int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookScan:
    """A workbook that is safe to open."""

    sheets: dict[str, SheetScan]
    is_1904: bool


def is_workbook(raw: bytes) -> bool:
    """Tell whether the bytes are an XLSX archive; false means that they may be text.

    Raises: BadFile for an empty or too large file, old or locked Excel files, and web pages named .xls.
    """
    if not raw.strip():
        raise BadFile("exchange.E001", _("The file is empty."))
    if len(raw) > MAX_FILE_BYTES:
        raise BadFile(
            "exchange.E002", _("The file is larger than %(limit)d MB; split it.") % {"limit": MAX_FILE_BYTES // 2**20}
        )
    if raw.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in raw:
            raise BadFile(
                "exchange.E003",
                _("The file is locked with a password. Remove the password in Excel and save it again."),
            )
        raise BadFile(
            "exchange.E004", _("This is an old Excel file (.xls). Save it as .xlsx (Excel workbook) and send that.")
        )
    if raw[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<html", b"<!doctype", b"<?xml", b"<table")):
        raise BadFile(
            "exchange.E005",
            _("This is a web page with the name of a spreadsheet. Open it in Excel and save it as .xlsx."),
        )
    return raw.startswith(b"PK")


def scan(raw: bytes) -> WorkbookScan:
    """Look through an XLSX archive without trusting it.

    Raises: BadFile when it is damaged, no workbook, locked, unpacks beyond the limits, or has cells beyond them.
    """
    try:
        with ZipFile(BytesIO(raw)) as archive:
            members = _members(raw, archive)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, IndexError) as error:
        raise BadFile(
            "exchange.E006", _("The file is damaged or no spreadsheet. Save it in Excel as .xlsx and send that.")
        ) from error
    if "xl/workbook.xml" not in members:
        raise BadFile("exchange.E007", _("This is no .xlsx workbook. Save it in Excel as .xlsx, or as CSV in UTF-8."))
    try:
        return _scan_members(members)
    except (expat.ExpatError, Xml.ParseError, KeyError) as error:
        raise BadFile(
            "exchange.E006", _("The file is damaged or no spreadsheet. Save it in Excel as .xlsx and send that.")
        ) from error


def _members(raw: bytes, archive: ZipFile) -> dict[str, bytes]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise _bomb()
    _check_names([info.filename for info in infos])
    total, members = 0, {}
    for info in infos:
        if info.flag_bits & 0x1:
            raise BadFile(
                "exchange.E003",
                _("The file is locked with a password. Remove the password in Excel and save it again."),
            )
        content = _unpack(raw, info, MAX_UNPACKED_BYTES - total)
        total += len(content)
        if total > RATIO_MATTERS_FROM and total > MAX_RATIO * len(raw):
            raise _bomb()
        if is_archive(content):
            raise BadFile(
                "exchange.E018", _("The file carries another file inside. Take it out and send the sheet alone.")
            )
        if info.filename.endswith((".xml", ".rels")):
            members[info.filename.lstrip("/")] = content
    return members


def _check_names(names: list[str]) -> None:
    if unsafe_path(names):
        raise BadZipFile("unsafe path")
    if active_part(names):
        message = _("The file holds macros or controls. Save it as .xlsx without them and send that.")
        raise BadFile("exchange.E017", message)


def _unpack(raw: bytes, info: ZipInfo, limit: int) -> bytes:
    """Unpack by hand: `ZipFile.read` stops at the size that the archive states, the spreadsheet library does not."""
    start = info.header_offset
    if raw[start : start + 4] != b"PK\x03\x04":
        raise BadZipFile("no local header")
    start += (
        30
        + int.from_bytes(raw[start + 26 : start + 28], "little")
        + int.from_bytes(raw[start + 28 : start + 30], "little")
    )
    packed = raw[start : start + info.compress_size]
    if info.compress_type == 0:
        content, rest = packed, b""
    elif info.compress_type == 8:
        unpacker = zlib.decompressobj(-15)
        content = unpacker.decompress(packed, limit + 1)
        rest = unpacker.unconsumed_tail
    else:
        raise BadZipFile("unusual compression")
    if len(content) > limit or rest:
        raise _bomb()
    return content


def _bomb() -> BadFile:
    message = _(
        "The file unpacks to far more than a sheet of this size should (limit %(limit)d MB). It was not opened."
    )
    return BadFile("exchange.E008", message % {"limit": MAX_UNPACKED_BYTES // 2**20})


def _scan_members(members: dict[str, bytes]) -> WorkbookScan:
    book = _tree(members["xl/workbook.xml"])
    relations = {node.get("Id"): node.get("Target", "") for node in _tree(members["xl/_rels/workbook.xml.rels"])}
    sheets = {}
    for node in book.iter():
        if _local(node.tag) == "sheet":
            target = relations[node.get(_RELATION)].removeprefix("/")
            path = target if target.startswith("xl/") else f"xl/{target}"
            if "/worksheets/" in path:
                sheets[node.get("name", "")] = _SheetReader(node.get("name", "")).read(members[path])
    properties = next((node for node in book.iter() if _local(node.tag) == "workbookPr"), None)
    is_1904 = properties is not None and properties.get("date1904", "0").lower() in ("1", "true")
    return WorkbookScan(sheets=sheets, is_1904=is_1904)


def _tree(content: bytes) -> Xml.Element:
    if b"<!DOCTYPE" in content or b"\0" in content[:200]:
        raise KeyError("document type")
    return Xml.fromstring(content)  # noqa: S314  no DTD, so no entities


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


@dataclass
class _SheetReader:
    """Walks the XML of one sheet: where values lie, which are formulas, which are errors. Styled empty cells do not count."""

    name: str
    rows: int = 0
    columns: int = 0
    cells: int = 0
    formulas: int = 0
    unreckoned: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    place: tuple[int, int] = (-1, -1)
    is_error: bool = False
    has_formula: bool = False
    text: list[str] | None = None

    def read(self, content: bytes) -> SheetScan:
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        parser.Parse(content, True)
        return SheetScan(
            rows=self.rows,
            columns=self.columns,
            formulas=self.formulas,
            unreckoned=frozenset(self.unreckoned),
            errors=self.errors,
        )

    def _doctype(self, *_arguments: Any) -> None:
        raise KeyError("document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "c":
            self.place = self._position(attributes.get("r"))
            self.is_error, self.has_formula, self.text = attributes.get("t") == "e", False, None
        elif name == "row":
            self.place = (int(attributes["r"]) - 1 if "r" in attributes else self.place[0] + 1, -1)
        elif name in ("v", "is"):
            self.text = []
        elif name == "f":
            self.has_formula = True

    def _position(self, reference: str | None) -> tuple[int, int]:
        if reference is None:
            return self.place[0], self.place[1] + 1
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise KeyError(reference)
        column = 0
        for sign in found.group(1):
            column = column * 26 + ord(sign) - 64
        return int(found.group(2)) - 1, column - 1

    def _characters(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def _end(self, name: str) -> None:
        if _local(name) != "c":
            return
        value = "".join(self.text or ()).strip()
        if self.has_formula:
            self.formulas += 1
            if not value:
                self.unreckoned.add(self.place)
        if self.is_error:
            self.errors[self.place] = value or "#N/A"
        if self.text is not None:
            self._grow()
        self.text = None

    def _grow(self) -> None:
        row, column = self.place
        self.rows, self.columns, self.cells = max(self.rows, row + 1), max(self.columns, column + 1), self.cells + 1
        if self.rows > MAX_ROWS + 20 or self.columns > MAX_COLUMNS or self.rows * self.columns > MAX_CELLS:
            message = _(
                'Sheet "%(sheet)s" has a value in cell %(cell)s. A file may have %(rows)d rows and %(columns)d columns.'
            )
            words = {"sheet": self.name, "cell": f"{letter(column)}{row + 1}", "rows": MAX_ROWS, "columns": MAX_COLUMNS}
            raise BadFile("exchange.E009", message % words)
