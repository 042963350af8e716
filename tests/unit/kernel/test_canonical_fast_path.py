"""Canonical JSON: the fast path writes what the RFC 8785 library writes."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.canonical import canonical_bytes

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_gives_the_bytes_of_the_reference_library(value: object) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


def test_control_characters_and_chinese_are_written_as_the_rfc_says() -> None:
    assert canonical_bytes({"b": "隐患\x1f\n", "a": 1}) == '{"a":1,"b":"隐患\\u001f\\n"}'.encode()


def test_an_integer_beyond_the_safe_range_is_refused() -> None:
    with pytest.raises(rfc8785.IntegerDomainError):
        canonical_bytes({"a": 2**53})
