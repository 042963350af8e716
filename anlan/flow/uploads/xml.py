"""XML of strangers, read by defusedxml: no document type, no entities, nothing fetched; element by element, never as a tree."""

from collections.abc import Callable
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

PIECE = 1 << 16
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_OPENINGS = (b"<", b"<\0", b"\0<")
Start = Callable[[str, dict[str, str]], None]
Text = Callable[[str], None]


class BadXml(ValueError):
    """No well-formed XML, or with a document type."""


def read_xml(
    content: bytes,
    *,
    wanted: frozenset[str],
    start: Start,
    text: Text | None = None,
    end: Callable[[str], None] | None = None,
) -> None:
    """Walk through XML and call back for the elements that are wanted, by local name in small letters; text comes from all.

    Prefixes, namespaces and capitals do not matter: another spelling is the same element. Attributes have local names too; two
    of one name that differ are refused, since another reader takes the other one. Raises: BadXml.
    """
    walk = _Walk(wanted, start, end)
    parser = DefusedXMLParser(forbid_dtd=True)
    expat = parser.parser  # asked directly: a sheet has millions of elements
    expat.ordered_attributes, expat.buffer_text = False, True
    expat.StartElementHandler = walk.start
    expat.EndElementHandler = walk.end if end is not None else None
    expat.CharacterDataHandler = text
    expat.DefaultHandlerExpand = None
    try:
        for place in range(0, len(content), PIECE):
            parser.feed(content[place : place + PIECE])
        expat.Parse(b"", True)
    except (DefusedXmlException, ParseError, ExpatError, LookupError, ValueError) as error:
        raise BadXml(str(error)[:200]) from error


def looks_like_xml(content: bytes) -> bool:
    """Tell whether the first sign is an opening bracket, in any usual encoding."""
    head = content[:256]
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return head.lstrip(b" \t\r\n\0").startswith(_OPENINGS) or content[:256].lstrip(b" \t\r\n").startswith(_OPENINGS)


def local(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition("}")[2]


class _Names(dict[str, str]):
    """The local name in small letters of each name met; empty for those that nobody wants."""

    def __init__(self, wanted: frozenset[str]) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, name: str) -> str:
        plain = local(name).lower()
        self[name] = plain if plain in self._wanted else ""
        return self[name]


class _Walk:
    """What the parser calls."""

    def __init__(self, wanted: frozenset[str], start: Start, end: Callable[[str], None] | None) -> None:
        self._names, self._start, self._end = _Names(wanted), start, end

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if name := self._names[tag]:
            self._start(name, _by_local_name(attributes) if attributes else attributes)

    def end(self, tag: str) -> None:
        if (name := self._names[tag]) and self._end is not None:
            self._end(name)


def _by_local_name(attributes: dict[str, str]) -> dict[str, str]:
    said = {local(key): value for key, value in attributes.items()}
    if len(said) < len(attributes) and any(said[local(key)] != value for key, value in attributes.items()):
        raise BadXml("two attributes of one name")
    return said
