"""What an office paper reaches for outside itself: relationships, fields and formulas that load or run something when it is opened."""

import re
from urllib.parse import unquote

from anlan.flow.uploads.names import DECEIVING

# Relationships that bring another file, a program or foreign data along, by the last part of their type, in small letters.
CARRYING = frozenset(
    {"oleobject", "afchunk", "package", "subdocument", "mailmergesource", "mailmergeheadersource", "frame"}
)
RUNNING = frozenset(
    {
        *("vbaproject", "wordvbadata", "control", "activexcontrolbinary", "extensibility", "xlmacrosheet"),
        *("xlintlmacrosheet", "attachedtoolbars", "keymapcustomizations", "customui", "dialogsheet"),
        *("webextension", "webextensiontaskpanes"),
    }
)
FETCHING = frozenset({"externallink", "externallinkpath", "xlexternallinkpath", "externallinklong"})
_FOLLOWED = re.compile(r"^(https?:|mailto:|tel:|#)", re.IGNORECASE)
_LOCAL_DRIVE = re.compile(r"^(file:/{2,3})?[a-z]:[\\/]", re.IGNORECASE)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# What a field does by its first word: it fetches a file, a picture or data, or starts a program that is asked for them.
_LOADING_FIELDS = frozenset(
    {"DDE", "DDEAUTO", "INCLUDEPICTURE", "INCLUDETEXT", "INCLUDE", "IMPORT", "LINK", "DATABASE", "RD", "EMBED"}
)
_FIELD_LINK = re.compile(r'\s*"?HYPERLINK\b', re.IGNORECASE)
_FIELD_WORD = re.compile(r'"([^"]*)"?|([^\s"]+)')
_SWITCHES_WITH_WORDS = frozenset(
    {"\\l", "\\o", "\\t"}
)  # a place, what is shown, a window: the word behind is no address
_BLANKS = "".join(map(chr, range(33)))  # around an address; browsers leave them out, and three of them within it
_WITHIN = re.compile(r"[\t\r\n]")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")  # a text or the name of a sheet, whichever begins first
_BRACKETS = re.compile(r"\[[^\[\]]*\]")  # the name of a column of a table
_CALLS = re.compile(r"\b(WEBSERVICE|RTD|CALL|REGISTER|REGISTER\.ID|EXEC|FILTERXML|DDE)\s*\(", re.IGNORECASE)
_IMAGE = re.compile(r"\bIMAGE\s*\(", re.IGNORECASE)
_FORMULA_LINK = re.compile(r'\bHYPERLINK\s*\(\s*"([^"]*)"', re.IGNORECASE)


def loading_target(kind: str, target: str) -> str:
    """Return the outside target of a relationship when it is fetched on opening; a link that a person follows is none."""
    address = unquote(target.strip())
    if kind == "hyperlink" and is_followed(address):
        return ""
    if kind in ("image", "attachedtemplate") and (_LOCAL_DRIVE.match(address) or address.upper() == "NULL"):
        return ""  # the writer's own disk: nothing is there for anybody else
    return target or "?"


def is_followed(address: str) -> bool:
    """Tell whether a link is one that a person follows: a page, an e-mail, a place in the paper, a neighbouring paper."""
    address = _WITHIN.sub("", address).strip(_BLANKS)
    if _FOLLOWED.match(address):
        return True
    if address.replace("\\", "/").startswith("//") or address.rpartition(".")[2].lower() in DECEIVING:
        return False
    return bool(_LOCAL_DRIVE.match(address)) or not _SCHEME.match(address)


def loading_field(instruction: str) -> str:
    """Return what a field of a text loads or runs; empty when it does neither."""
    words = instruction.replace("\\* ", " ").split()
    if not words:
        return ""
    if words[0].strip('"').upper() in _LOADING_FIELDS:
        return " ".join(words)[:80]
    addresses = _linked(instruction) if _FIELD_LINK.match(instruction) else []
    return next((address for address in addresses if not is_followed(address)), "")


def loading_formula(formula: str) -> str:
    """Return the formula of a sheet when it asks another program or a page; empty when it does neither."""
    bare = _QUOTED.sub('""', formula)
    is_linked = any(not is_followed(address) for address in _FORMULA_LINK.findall(formula))
    # a stroke asks another program; nothing else has one outside names and texts
    if "|" in _BRACKETS.sub("", bare) or _CALLS.search(bare) or _IMAGE.search(bare) or is_linked:
        return formula[:80]
    return ""


def _linked(instruction: str) -> list[str]:
    """Return the addresses of a field that links: every word that no switch takes for itself."""
    found, before = [], "\\o"  # the first word is the field's name
    for quoted, bare in _FIELD_WORD.findall(instruction):
        if before.lower() not in _SWITCHES_WITH_WORDS and not re.match(r"\\\w$", bare):
            found.append((quoted or bare).replace("\\\\", "\\"))
        before = bare
    return found
