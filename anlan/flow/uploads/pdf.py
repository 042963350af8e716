"""PDF papers, read by pikepdf (qpdf): every object of the table, whatever its names are spelled or packed like, is judged.

`pdf_text` looks beside it for what stands in the file but on no table: another reader may find it there.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from anlan.flow.uploads.links import is_followed
from anlan.flow.uploads.pdf_text import check_frame, check_loose
from anlan.flow.uploads.refusal import ACTIVE_PDF, BAD_PDF, LOCKED, TOO_COSTLY, Refusal

MAX_OBJECTS = 300_000
MAX_PAGES = 5_000
MAX_DEPTH = 100
# Actions that run, send, fetch or open something; the rest turn pages and show or hide layers.
_ACTIONS = frozenset(
    "/JavaScript /Launch /GoToR /GoToE /SubmitForm /ImportData /Rendition /Movie /Sound /RichMediaExecute".split()  # noqa: SIM905
)
# What a reader may do by itself when the paper, a page or a field is opened.
_OF_ITSELF = frozenset("/GoTo /Hide /SetOCGState /Trans /ResetForm".split())  # noqa: SIM905
_TYPES = frozenset({"/EmbeddedFile"})
_SUBTYPES = frozenset("/RichMedia /Movie /Sound /Screen /FileAttachment /3D".split())  # noqa: SIM905
_KEYS = frozenset("/JS /JavaScript /EmbeddedFiles /EF /XFA /RichMediaContent /OPI /OnInstantiate".split())  # noqa: SIM905


def inspect_pdf(raw: bytes) -> None:
    """Refuse a PDF that is cut off, locked, two kinds of file at once, or carries something active.

    Raises: Refusal, naming what was found.
    """
    import pikepdf

    check_frame(raw)
    try:
        with pikepdf.open(BytesIO(raw), suppress_warnings=True, inherit_page_attributes=False) as paper:
            if paper.is_encrypted or "/Encrypt" in paper.trailer:
                raise Refusal(LOCKED)
            _check_objects(paper)
            if not 1 <= len(paper.pages) <= MAX_PAGES:
                raise Refusal(BAD_PDF if not paper.pages else TOO_COSTLY)
    except pikepdf.PasswordError as error:
        raise Refusal(LOCKED) from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, OverflowError) as error:
        check_loose(raw)  # says more of what it is than that it is damaged
        raise Refusal(BAD_PDF) from error
    check_loose(raw)


def _check_objects(paper: Any) -> None:
    if len(paper.objects) > MAX_OBJECTS:
        raise Refusal(TOO_COSTLY)
    for one in (paper.trailer, *paper.objects):
        for inner in _dictionaries(one):
            _check_dictionary(inner)


def _dictionaries(one: Any) -> Iterator[Any]:
    """Yield an object's dictionaries, those inside it too; what it refers to comes by itself."""
    import pikepdf

    waiting = [(one, 0)]
    while waiting:
        found, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise Refusal(TOO_COSTLY)
        if isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
            yield found
            inner = [found.get(key) for key in found.keys()]  # noqa: SIM118  a stream is no mapping
        elif isinstance(found, pikepdf.Array):
            inner = list(found)
        else:
            continue
        waiting += [(each, depth + 1) for each in inner if isinstance(each, pikepdf.Object) and not each.is_indirect]


def _check_dictionary(found: Any) -> None:
    import pikepdf

    keys = set(found.keys())
    if active := sorted(keys & _KEYS):
        raise _active(active[0])
    for key, forbidden in (("/S", _ACTIONS), ("/Type", _TYPES), ("/Subtype", _SUBTYPES)):
        if key in keys and _name(found.get(key)) in forbidden:
            raise _active(_name(found.get(key)))
    if isinstance(found, pikepdf.Stream) and keys & {"/F", "/FFilter"}:
        raise _active("/F")  # the stream's bytes lie in another file
    if _name(found.get("/S")) == "/URI" and not is_followed(_text(found.get("/URI"))):
        raise _active("/URI")
    if _name(found.get("/S")) == "/Thread" and "/F" in keys:
        raise _active("/Thread")
    if _name(found.get("/Subtype")) == "/Form" and "/Ref" in keys:
        raise _active("/Ref")
    _check_triggers(found, keys)


def _check_triggers(found: Any, keys: set[str]) -> None:
    """What happens by itself: on opening the paper, and by the triggers of a page, a field or the paper."""
    import pikepdf

    if "/OpenAction" in keys:
        _check_chain(found.get("/OpenAction"), "/OpenAction")
    if "/AA" in keys and isinstance(triggers := found.get("/AA"), pikepdf.Dictionary):
        for key in triggers.keys():  # noqa: SIM118
            _check_chain(triggers.get(key), "/AA")


def _check_chain(action: Any, what: str) -> None:
    """An action and those that follow it. A place in the paper is no action."""
    import pikepdf

    waiting = [(action, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise Refusal(TOO_COSTLY)
        if isinstance(one, pikepdf.Dictionary):
            is_place = "/D" in one and "/S" not in one
            if _name(one.get("/S")) not in _OF_ITSELF and not is_place:
                raise _active(what)
            if "/Next" in one:
                following = one.get("/Next")
                waiting += [
                    (each, depth + 1) for each in (following if isinstance(following, pikepdf.Array) else [following])
                ]


def _name(value: Any) -> str:
    import pikepdf

    return str(value) if isinstance(value, pikepdf.Name) else ""


def _text(value: Any) -> str:
    import pikepdf

    return str(value) if isinstance(value, pikepdf.String | str) else ""


def _active(what: str) -> Refusal:
    return Refusal(ACTIVE_PDF, what.lstrip("/"))
