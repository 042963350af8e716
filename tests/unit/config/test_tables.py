"""Tables on the command line stay readable in a narrow terminal."""

import pytest
from rich.console import Console

from config import tables
from config.arguments import day

ROW = {"code": "E08", "class": "level_1", "raw": 84.5, "applicable_max": 85, "normalised": 99.41, "at_risk": 0}
DATA = {
    "rubric": "qidong-2018",
    "year": 2025,
    "as_of": "2025-12-31",
    "institutions": [
        {**ROW, "categories": [{"code": f"A{number}", "outcome": "scored", "points": 10} for number in range(1, 9)]}
    ],
}


@pytest.mark.parametrize(("width", "has_categories"), [(80, False), (150, True)])
def test_the_overview_cuts_no_word_at_any_width(monkeypatch, capsys, width, has_categories):
    monkeypatch.setattr(tables, "console", lambda: Console(width=width))
    tables.print_overview(["江滨街道社区卫生服务中心"], DATA)
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert "江滨街道社区卫生服务中心" in printed
    assert "99.41" in printed
    assert ("A8" in printed) is has_categories


def test_a_day_that_does_not_exist_is_refused_in_words():
    with pytest.raises(Exception, match='"2025-13-01" is no day of the calendar; write it as 2025-12-31'):
        day("2025-13-01")
