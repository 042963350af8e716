"""DOCX and XLSX papers: every member is unpacked under a limit, every part that is XML is parsed, and what is found is judged.

`anlan.exchange.guard` uses the same archive and the same XML for a sheet that is imported.
"""

import re

from anlan.flow.uploads.container import Member, unpacked
from anlan.flow.uploads.links import CARRYING, FETCHING, RUNNING, loading_field, loading_formula, loading_target
from anlan.flow.uploads.refusal import BAD_OFFICE, CARRIES, LOADS, MACROS, OTHER_KIND, Refusal
from anlan.flow.uploads.xml import BadXml, looks_like_xml, read_xml

MAIN = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
_MAIN_TYPES = {"docx": "wordprocessingml.document.main+xml", "xlsx": "spreadsheetml.sheet.main+xml"}
CONTENT_TYPES = "[content_types].xml"
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"\xd0\xcf\x11\xe0",
    b"MZ",
    b"\x7fELF",
    b"%PDF-",
    b"{\\rtf",
    b"L\0\0\0\x01\x14\x02\0",  # a shortcut of Windows
)
_PROGRAMS = re.compile(r"vba|macrosheets|activex|customui|\.(bin|exe|dll|js|vbs|hta|jar|scr|bat|cmd|ps1|lnk)$")
_HARMLESS_BIN = re.compile(r"^(xl|word)/(printersettings/[^/]*|customproperty[^/]*)\.bin$")
_EMBEDDED = re.compile(r"/embeddings/|oleobject|^(word|xl)/afchunk|\.(mht|mhtml|rtf|html?)$")
_CHART_DATA = re.compile(r"^(word|xl)/embeddings/[^/]+\.xlsx$")
_ACTIVE_TYPES = re.compile(r"macroenabled|vbaproject|activex|vbadata|oleobject|macrosheet|customui")
_XML_ENDINGS = (".xml", ".rels", ".vml")
_UNCLOSED = re.compile(rb"<(br|BR)>")
_FORMULAS = frozenset(
    {"f", "definedname", "formula", "formula1", "formula2", "calculatedcolumnformula", "totalsrowformula"}
)
_INSTRUCTIONS = frozenset({"instrtext", "delinstrtext"})
_KNOWN = re.compile(r"\s*(=|\S+\s)")  # a field whose first word is whole
_ELEMENTS = frozenset(
    {
        *("relationships", "relationship", "fldsimple", "fldchar", "altchunk", "oleobject", "subdoc"),
        *("ddelink", "olelink", "ocx", "webvideopr", "connection", "querytable"),
        *("pivotcachedefinition", "cachesource"),
    }
)
_PICTURE_TAGS = frozenset({"imagedata", "fill", "stroke", "image", "movie", "background"})


def inspect_office(raw: bytes, *, kind: str, depth: int = 0) -> None:
    """Refuse an office file that is damaged, a bomb, another file as well, or carries macros, files or links that load.

    `kind` is "docx" or "xlsx". Raises: Refusal, naming what was found.
    """
    names: list[str] = []
    types, parts = _Types(), _Parts(has_formulas=kind == "xlsx")
    read: set[str] = set()
    for member in unpacked(raw):
        names.append(_path(member.name))
        _check_name(member, kind, depth)
        if is_markup(member):
            walk = types if names[-1] == CONTENT_TYPES else parts
            walk.read(member)
            read.add(names[-1])
    if CONTENT_TYPES not in names or not (MAIN[kind] in names or types.has_main(names, _MAIN_TYPES[kind])):
        raise Refusal(OTHER_KIND)
    types.check(names, read)


def active_part(names: list[str]) -> str:
    """Return the first member whose name says macros, controls or programs; empty when there is none."""
    paths = ((one, _path(one)) for one in names)
    return next((one for one, path in paths if _PROGRAMS.search(path) and not _HARMLESS_BIN.match(path)), "")


def is_archive(content: bytes) -> bool:
    """Tell whether a member is itself an archive, an old office file, a program or a paper."""
    return content.startswith(_ARCHIVES)


def is_markup(member: Member) -> bool:
    """Tell whether a member is XML, by its ending or by how it begins, whatever its type says."""
    return _path(member.name).endswith(_XML_ENDINGS) or looks_like_xml(member.content)


def _path(name: str) -> str:
    return name.replace("\\", "/").lower()


def _check_name(member: Member, kind: str, depth: int) -> None:
    path = _path(member.name)
    if _CHART_DATA.match(path) and depth == 0 and kind == "docx" and member.content.startswith(b"PK\x03\x04"):
        inspect_office(member.content, kind="xlsx", depth=1)  # the numbers behind a chart: a workbook like any other
        return
    if active_part([member.name]):
        raise Refusal(MACROS, member.name)
    if path.startswith(("xl/externallinks/", "word/externallinks/")):
        raise Refusal(LOADS, member.name)
    if _EMBEDDED.search(path) or is_archive(member.content):
        raise Refusal(CARRIES, member.name)


class _Walk:
    """One walk through the XML of one member after another."""

    wanted: frozenset[str]

    def read(self, member: Member) -> None:
        """Walk through one member. Raises: Refusal."""
        self.name = member.name
        self.begin()
        content = member.content
        if _path(member.name).endswith(".vml"):
            content = _UNCLOSED.sub(b"<br/>", content)  # Excel writes it so in the boxes of comments
        try:
            read_xml(content, wanted=self.wanted, start=self.start, text=self.text, end=self.end)
        except BadXml as error:
            raise Refusal(BAD_OFFICE, member.name) from error
        self.finish()

    def begin(self) -> None: ...
    def finish(self) -> None: ...
    def start(self, tag: str, said: dict[str, str]) -> None: ...
    def text(self, text: str) -> None: ...
    def end(self, tag: str) -> None: ...


class _Types(_Walk):
    """The list of content types: which type each member has."""

    wanted = frozenset({"default", "override"})

    def __init__(self) -> None:
        self._by_ending: dict[str, str] = {}
        self._by_name: dict[str, str] = {}

    def start(self, tag: str, said: dict[str, str]) -> None:
        kind = said.get("ContentType", "").strip().lower()
        if tag == "default":
            self._by_ending[said.get("Extension", "").lower()] = kind
        elif tag == "override":
            self._by_name[_path(said.get("PartName", "")).lstrip("/")] = kind

    def _of(self, name: str) -> str:
        return self._by_name.get(name) or self._by_ending.get(name.rpartition(".")[2], "")

    def has_main(self, names: list[str], main_type: str) -> bool:
        """Tell whether a member has the type of the main part."""
        return any(self._of(name).endswith(main_type) for name in names)

    def check(self, names: list[str], read: set[str]) -> None:
        """Refuse a type that says macros, controls or objects, also of a part that is not there, and XML that is none."""
        if hidden := next((name for name in names if name not in read and self._of(name).endswith("xml")), ""):
            raise Refusal(BAD_OFFICE, hidden)
        for name in (*names, *self._by_name):
            if _ACTIVE_TYPES.search(self._of(name)):
                raise Refusal(MACROS, name)


class _Parts(_Walk):
    """Every other part: its relationships, fields, formulas and elements that carry or load something."""

    wanted = _FORMULAS | _INSTRUCTIONS | _PICTURE_TAGS | _ELEMENTS

    def __init__(self, *, has_formulas: bool) -> None:
        self._has_formulas = has_formulas

    def begin(self) -> None:
        self._fields: list[list[str]] = [[]]  # the fields that are open, the innermost last, each in its pieces
        self._formula: list[str] | None = None
        self._is_instruction = self._is_relations = self._asks_by_itself = False

    def start(self, tag: str, said: dict[str, str]) -> None:
        if tag == "relationships":
            self._is_relations = True
        elif tag == "relationship" and self._is_relations:
            self._relation(said)
        elif tag in _FORMULAS and self._has_formulas:
            self._formula = []
        elif tag == "pivotcachedefinition":
            self._asks_by_itself = _asks_by_itself(said)
        elif tag == "cachesource" and self._asks_by_itself and said.get("type", "").strip().lower() == "external":
            raise Refusal(LOADS, tag)
        else:
            self._field(tag, said)
        _check_element(tag, said)

    def text(self, text: str) -> None:
        if self._formula is not None:
            self._formula.append(text)
        elif self._is_instruction:
            self._fields[-1].append(text)

    def end(self, tag: str) -> None:
        if tag in _INSTRUCTIONS:
            self._is_instruction = False
        elif self._formula is not None and tag in _FORMULAS:
            if found := loading_formula("".join(self._formula)):
                raise Refusal(LOADS, found)
            self._formula = None

    def finish(self) -> None:
        for pieces in self._fields:
            _judge("".join(pieces))

    def _field(self, tag: str, said: dict[str, str]) -> None:
        if tag in _INSTRUCTIONS:
            self._is_instruction = True
        elif tag == "fldsimple":
            _judge(said.get("instr", ""))
        elif tag == "fldchar" and said.get("fldCharType") == "begin":
            self._fields.append([])
        elif tag == "fldchar" and said.get("fldCharType") == "separate":
            self._fields[-1].append(" ")  # what comes now is the result
        elif tag == "fldchar" and said.get("fldCharType") == "end" and len(self._fields) > 1:
            inner = "".join(self._fields.pop())
            _judge(inner)
            if len(self._fields) > 1 and inner.strip() and not _KNOWN.match("".join(self._fields[-1])):
                raise Refusal(LOADS, inner.strip())  # a field that computes what the outer one shall do

    def _relation(self, said: dict[str, str]) -> None:
        kind = re.split(r"[/#]", said.get("Type", "").strip())[-1].lower()
        target = said.get("Target", "")
        if kind in RUNNING:
            raise Refusal(MACROS, target or kind)
        if kind in FETCHING:
            raise Refusal(LOADS, target or kind)
        is_outside = said.get("TargetMode", "").strip().lower() == "external" or not _lies_inside(target)
        if is_outside and (found := loading_target(kind, target)):
            raise Refusal(LOADS, found)
        if kind in CARRYING and not (kind == "package" and _path(target).endswith(".xlsx")):
            raise Refusal(CARRIES, target or kind)


def _judge(instruction: str) -> None:
    if found := loading_field(instruction):
        raise Refusal(LOADS, found)


def _check_element(tag: str, said: dict[str, str]) -> None:
    if tag in ("altchunk", "oleobject", "subdoc"):
        raise Refusal(CARRIES, tag)
    if tag in ("ddelink", "olelink", "ocx", "webvideopr"):
        raise Refusal(LOADS, tag)
    if tag in ("connection", "querytable") and _asks_by_itself(said):
        raise Refusal(LOADS, said.get("name", tag))
    if tag in _PICTURE_TAGS:
        for name in ("src", "href", "althref"):
            if (address := said.get(name, "")) and not _lies_inside(address):
                raise Refusal(LOADS, address)


def _asks_by_itself(said: dict[str, str]) -> bool:
    """Tell whether data from elsewhere are asked for on opening, or every few minutes."""
    return said.get("refreshOnLoad", "").lower() in ("1", "true") or said.get("interval", "0").strip() not in ("", "0")


def _lies_inside(address: str) -> bool:
    """Tell whether a picture's address is a place in the paper or its own bytes."""
    plain = address.strip().replace("\\", "/").lower()
    return plain.startswith(("#", "data:image/")) or not (
        plain.startswith("//") or re.match(r"[a-z][a-z0-9+.-]+:", plain)
    )
