"""The colour tokens meet WCAG AA on both themes: 4.5:1 for words, 3:1 for edges of fields and the focus ring."""

import re
from pathlib import Path

import pytest

import anlan.web

SHEET = (Path(anlan.web.__file__).parent / "static" / "anlan" / "tokens.css").read_text(encoding="utf-8")
STATES = ("danger", "warning", "attention", "info", "done")
WORDS = [
    *((ink, paper) for ink in ("ink", "ink-2", "muted", "accent") for paper in ("paper", "card", "sunk", "hover")),
    *((state, paper) for state in STATES for paper in (f"{state}-soft", "card", "hover")),
    *(("heat-ink-dark", f"heat-{shade}") for shade in range(1, 7)),
    ("heat-ink-light", "heat-0"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("rail-ink", "rail"),
    ("rail-muted", "rail"),
]
EDGES = [("field-line", "card"), ("focus", "card"), ("focus", "paper"), ("series-1", "card"), ("series-2", "card")]


def tokens(theme: str) -> dict[str, str]:
    light = re.search(r'\[data-bs-theme="light"\] \{(.*?)\}', SHEET, re.S)
    dark = re.search(r'\n\[data-bs-theme="dark"\] \{(.*?)\}', SHEET, re.S)
    assert light is not None
    assert dark is not None
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", light[1]))
    return found if theme == "light" else found | dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", dark[1]))


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_at_least_four_and_a_half_to_one(theme: str) -> None:
    known = tokens(theme)
    ratios = {f"{ink} on {paper}": round(contrast(known[ink], known[paper]), 2) for ink, paper in WORDS}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_and_marks_stand_out_at_least_three_to_one(theme: str) -> None:
    known = tokens(theme)
    ratios = {f"{edge} on {paper}": round(contrast(known[edge], known[paper]), 2) for edge, paper in EDGES}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 3} == {}
