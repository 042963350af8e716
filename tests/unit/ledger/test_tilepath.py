"""The addresses of tiles: the spellings of C2SP tlog-tiles, and one spelling for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.ledger.tilepath import TilePath, parse_tile_path

SPELLED = (
    ("0/000", TilePath(level=0, index=0)),
    ("0/x001/x234/067", TilePath(level=0, index=1234067)),  # the example of the specification
    ("0/273.p/112", TilePath(level=0, index=273, width=112)),
    ("2/000.p/1", TilePath(level=2, index=0, width=1)),
    ("63/999", TilePath(level=63, index=999)),
    ("entries/x001/000", TilePath(level=None, index=1000)),
    ("entries/000.p/255", TilePath(level=None, index=0, width=255)),
)


@pytest.mark.parametrize(("text", "path"), SPELLED)
def test_a_path_is_read_and_written_back(text: str, path: TilePath) -> None:
    assert parse_tile_path(text) == path
    assert str(path) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "0/", "0/0", "0/1234067", "0/x000/001", "00/000", "64/000", "-1/000", "0/x1/000", "0/001/x002", "x/000",
        "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/", "0/000.p", "0/000/", "/0/000", "entries", "Entries/000",
        "0/٠٠٠", "0/000\n", "63/x999/x999/x999/x999/x999/x999/999", "0/x001/x001/x001/x001/x001/x001/x001/x001/000",
    ],
)  # fmt: skip
def test_any_other_spelling_is_refused(text: str) -> None:
    assert parse_tile_path(text) is None


@given(st.integers(0, 63), st.integers(0, 2**54), st.integers(1, 256))
def test_every_tile_has_one_path(level: int, index: int, width: int) -> None:
    path = TilePath(level=level, index=index, width=width)
    assert parse_tile_path(str(path)) == path


@given(st.text(alphabet="0123456789x/.pentris-", max_size=30))
def test_what_is_read_is_written_back_the_same(text: str) -> None:
    path = parse_tile_path(text)
    assert path is None or str(path) == text
