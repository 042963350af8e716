"""A place in an instrument: which document, which clause. Every duty, rule and parameter cites one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Citation:
    """``instrument`` is the key of a document of the content; ``clause`` is as printed there, empty for the whole."""

    instrument: str
    clause: str = ""

    def __str__(self) -> str:
        return f"{self.instrument} {self.clause}".rstrip()
