"""What is looked at before a workbook is opened: kind of file, true unpacked size, and where its cells lie.

A spreadsheet library allocates the whole rectangle from the first to the last cell, so one cell at XFD1048576 would cost
hundreds of gigabytes. Sizes that an archive states about itself are not believed; each member is unpacked and counted.
"""

import re
from dataclasses import dataclass, field
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

from django.utils.translation import gettext as _

from anlan.exchange.columns import letter
from anlan.exchange.errors import BadFile
from anlan.flow.uploads import refusal
from anlan.flow.uploads.container import MAX_UNPACKED_BYTES, unpacked
from anlan.flow.uploads.office import CONTENT_TYPES, active_part, is_archive, is_markup
from anlan.flow.uploads.refusal import Refusal
from anlan.flow.uploads.xml import BadXml, read_xml

MAX_FILE_BYTES = 20 * 2**20
MAX_MEMBERS = 500
MAX_ROWS = 100_000
MAX_COLUMNS = 256
MAX_CELLS = 4_000_000
MAX_LETTERS = 50_000_000  # of all cells: a text that is stored once may stand in every one of them
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CELL_PARTS = frozenset({"c", "row", "v", "is", "f"})
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


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
    """A workbook that is safe to open: `archive` holds what was looked at and nothing else, so that nobody reads another one."""

    sheets: dict[str, SheetScan]
    is_1904: bool
    archive: bytes


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
        members = _members(raw)
    except Refusal as found:
        raise _refused(found.code) from found
    if "xl/workbook.xml" not in members:
        raise BadFile("exchange.E007", _("This is no .xlsx workbook. Save it in Excel as .xlsx, or as CSV in UTF-8."))
    try:
        return _scan_members(members)
    except (BadXml, KeyError) as error:
        raise _refused(refusal.BAD_OFFICE) from error


def _members(raw: bytes) -> dict[str, bytes]:
    """Return the members that are XML. Links and fields are not asked: a sheet is read for its values and goes to nobody else."""
    members = {}
    for member in unpacked(raw, most=MAX_MEMBERS, is_whole=False):
        if active_part([member.name]):
            raise Refusal(refusal.MACROS)
        if is_archive(member.content):
            raise Refusal(refusal.CARRIES)
        if is_markup(member):
            # no letters of two bytes: the library that reads the cells takes them one by one
            if b"\0" in member.content:
                raise Refusal(refusal.BAD_OFFICE)
            members[member.name.lstrip("/")] = member.content
    return members


def _packed(members: dict[str, bytes]) -> bytes:
    """Return the parts of a workbook as an archive. What else lay beside them is no workbook's, though the library may know it."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_STORED) as archive:
        for name, content in members.items():
            if name.lower().startswith(("xl/", "_rels/", CONTENT_TYPES)):
                archive.writestr(name, content)
    return stream.getvalue()


def _refused(code: str) -> BadFile:
    """Return what the importer is told of a finding."""
    if code == refusal.LOCKED:
        message = _("The file is locked with a password. Remove the password in Excel and save it again.")
        return BadFile("exchange.E003", message)
    if code == refusal.BOMB:
        message = _(
            "The file unpacks to far more than a sheet of this size should (limit %(limit)d MB). It was not opened."
        )
        return BadFile("exchange.E008", message % {"limit": MAX_UNPACKED_BYTES // 2**20})
    if code == refusal.MACROS:
        message = _("The file holds macros or controls. Save it as .xlsx without them and send that.")
        return BadFile("exchange.E017", message)
    if code == refusal.CARRIES:
        return BadFile(
            "exchange.E018", _("The file carries another file inside. Take it out and send the sheet alone.")
        )
    return BadFile(
        "exchange.E006", _("The file is damaged or no spreadsheet. Save it in Excel as .xlsx and send that.")
    )


def _scan_members(members: dict[str, bytes]) -> WorkbookScan:
    archive, book, texts = _packed(members), _BookReader(), _TextReader()
    read_xml(members["xl/_rels/workbook.xml.rels"], wanted=frozenset({"relationship"}), start=book.relation)
    read_xml(members["xl/workbook.xml"], wanted=frozenset({"sheet", "workbookpr"}), start=book.start)
    if shared := next((name for name in members if name.lower() == "xl/sharedstrings.xml"), ""):
        read_xml(members[shared], wanted=frozenset({"si"}), start=texts.start, text=texts.characters)
    sheets: dict[str, SheetScan] = {}
    letters = 0
    for name, relation in book.sheets.items():
        # popped: no two sheets are one, which would be read as often as it is named
        target = book.relations.pop(relation).removeprefix("/")
        path = target if target.startswith("xl/") else f"xl/{target}"
        if "/worksheets/" in path:
            before = sum(sheet.rows * sheet.columns for sheet in sheets.values())
            reader = _SheetReader(name, shared=texts.letters, before=before, letters=letters)
            sheets[name] = reader.read(members.pop(path))
            letters = reader.letters
    return WorkbookScan(sheets=sheets, is_1904=book.is_1904, archive=archive)


class _BookReader:
    """Walks the XML of the workbook: its sheets by name and relationship, and which day is its first.

    Raises: KeyError for a name or a relationship that stands twice: another reader takes the other one.
    """

    def __init__(self) -> None:
        self.sheets: dict[str, str] = {}
        self.relations: dict[str, str] = {}
        self.is_1904 = False

    def relation(self, _tag: str, said: dict[str, str]) -> None:
        _note_once(self.relations, said.get("Id", ""), said.get("Target", ""))

    def start(self, tag: str, said: dict[str, str]) -> None:
        if tag == "sheet":
            _note_once(self.sheets, said.get("name", ""), said.get("id", ""))
        elif tag == "workbookpr":
            self.is_1904 = said.get("date1904", "0").lower() in ("1", "true")


class _TextReader:
    """Walks the XML of the texts that sheets share: how many letters each has."""

    def __init__(self) -> None:
        self.letters: list[int] = []

    def start(self, _tag: str, _said: dict[str, str]) -> None:
        self.letters.append(0)

    def characters(self, text: str) -> None:
        if self.letters:
            self.letters[-1] += len(text)


def _note_once(among: dict[str, str], name: str, value: str) -> None:
    if name in among:
        raise KeyError(name)
    among[name] = value


@dataclass
class _SheetReader:
    """Walks the XML of one sheet: where values lie, which are formulas, which are errors. Styled empty cells do not count.

    `shared` says how many letters the shared texts have. `before` is the room in cells and `letters` what the sheets before it
    take: the limits are of the whole file.
    """

    name: str
    shared: list[int]
    before: int = 0
    letters: int = 0
    rows: int = 0
    columns: int = 0
    cells: int = 0
    formulas: int = 0
    unreckoned: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    place: tuple[int, int] = (-1, -1)
    is_error: bool = False
    is_shared: bool = False
    has_formula: bool = False
    text: list[str] | None = None

    def read(self, content: bytes) -> SheetScan:
        read_xml(content, wanted=_CELL_PARTS, start=self._start, text=self._characters, end=self._end)
        return SheetScan(
            rows=self.rows,
            columns=self.columns,
            formulas=self.formulas,
            unreckoned=frozenset(self.unreckoned),
            errors=self.errors,
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self.place = self._position(attributes.get("r"))
            self.is_error, self.has_formula, self.text = attributes.get("t") == "e", False, None
            self.is_shared = attributes.get("t") == "s"
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
        if name != "c":
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
            self._say(value)
        self.text = None

    def _say(self, value: str) -> None:
        """Count the letters that the cell shows. Raises: KeyError for a shared text that is not there."""
        if not self.is_shared:
            self.letters += len(value)
        elif value.isdecimal() and int(value) < len(self.shared):
            self.letters += self.shared[int(value)]
        elif value:
            raise KeyError(value)
        if self.letters > MAX_LETTERS:
            raise _refused(refusal.BOMB)

    def _grow(self) -> None:
        row, column = self.place
        self.rows, self.columns, self.cells = max(self.rows, row + 1), max(self.columns, column + 1), self.cells + 1
        room = self.before + self.rows * self.columns
        if self.rows > MAX_ROWS + 20 or self.columns > MAX_COLUMNS or room > MAX_CELLS:
            message = _(
                'Sheet "%(sheet)s" has a value in cell %(cell)s. A file may have %(rows)d rows and %(columns)d columns.'
            )
            words = {"sheet": self.name, "cell": f"{letter(column)}{row + 1}", "rows": MAX_ROWS, "columns": MAX_COLUMNS}
            raise BadFile("exchange.E009", message % words)
