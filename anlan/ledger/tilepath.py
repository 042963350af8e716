"""The addresses of tiles as C2SP tlog-tiles spells them: `0/x001/x234/067.p/8` is level 0, tile 1234067, its first 8 hashes. Pure.

Every tile has one spelling; other ones are refused, so that a cache keeps each tile once.
"""

import re
from dataclasses import dataclass

from anlan.ledger.tiles import WIDTH

ENTRIES = "entries"
MOST_LEVELS = 64
_PATH = re.compile(
    r"(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TilePath:
    """A tile or a part of it. `level` is null for a bundle of entries; `width` is 256 for a full tile."""

    level: int | None
    index: int
    width: int = WIDTH

    def __str__(self) -> str:
        level = ENTRIES if self.level is None else str(self.level)
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"{level}/{index_path(self.index)}{part}"


def index_path(index: int) -> str:
    """Return a tile's index in elements of three digits; all but the last begin with an x."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    return "/".join(parts)


def parse_tile_path(text: str) -> TilePath | None:
    """Read the path behind `tile/`; null for what is none, or is spelled in another way."""
    found = _PATH.fullmatch(text)
    if found is None:
        return None
    level = None if found["level"] == ENTRIES else int(found["level"])
    index = int(found["index"].replace("/", "").replace("x", ""))
    path = TilePath(level=level, index=index, width=int(found["width"] or WIDTH))
    is_possible = (level is None or level < MOST_LEVELS) and path.width <= WIDTH and index * WIDTH < 2**63
    return path if is_possible and str(path) == text else None
