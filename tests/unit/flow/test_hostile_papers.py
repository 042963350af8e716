"""Papers that hide what they hold: spelled, packed or placed in another way, each is parsed and refused for what it is."""

import pytest

from anlan.flow.uploads.child import look
from tests.hostile import OFFICE, PDF

CASES = (*OFFICE, *PDF)


@pytest.mark.parametrize(("kind", "make", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_paper_that_hides_something_is_refused_for_what_it_is(kind, make, code):
    answer, kept = look(kind, make())

    assert (answer["code"], kept) == (code, b"")
