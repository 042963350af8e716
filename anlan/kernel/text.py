"""A short text in Chinese and English, for content that must speak both without any framework."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One label in both languages. ``str()`` is the Chinese one, because the interface opens in Chinese."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh

    def in_language(self, language: str) -> str:
        """Return the text for a language tag: English for "en" and its variants, else Chinese."""
        return self.en if language.lower().startswith("en") else self.zh

    def to_data(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"zh": self.zh, "en": self.en}
