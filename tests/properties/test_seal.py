"""Whatever byte of a sealed score or of its package is changed, the verification names something."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.assessment.seal_export import package_of
from anlan.assessment.seal_format import BadSeal, read_package, write_package
from anlan.assessment.seal_verify import verify_score
from anlan.org.scope import Actor
from tests.sealing import fill_year, sealed
from tests.world import World

pytestmark = [pytest.mark.django_db]

places = st.floats(min_value=0, max_value=1, exclude_max=True)
bits = st.integers(min_value=0, max_value=7)


def flip(raw: bytes, place: float, bit: int) -> bytes:
    at = int(place * len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << bit)]) + raw[at + 1 :]


def named(score: bytes, package: bytes) -> str:
    """Return what the verification names; empty when it finds nothing."""
    try:
        found = verify_score(score, read_package(package))
    except BadSeal as error:
        return str(error)
    return "; ".join(step.said for step in found.steps if step.outcome == "fails")


def test_a_flipped_bit_anywhere_is_named(world: World, li_actor: Actor, chen_actor: Actor) -> None:
    fill_year(world, office=li_actor, reviewer=chen_actor)
    seal = sealed(world, by=chen_actor)
    score, package = seal.document.encode(), write_package(package_of(seal))
    assert named(score, package) == ""

    @given(place=places, bit=bits)
    @settings(max_examples=150, deadline=None)
    def in_the_score(place: float, bit: int) -> None:
        assert named(flip(score, place, bit), package)

    @given(place=places, bit=bits)
    @settings(max_examples=300, deadline=None)
    def in_the_package(place: float, bit: int) -> None:
        assert named(score, flip(package, place, bit))

    @given(place=places)
    @settings(max_examples=30, deadline=None)
    def cut_short(place: float) -> None:
        assert named(score, package[: int(place * len(package))])

    in_the_score()
    in_the_package()
    cut_short()
    for index in range(
        0, len(package), max(1, len(package) // 40)
    ):  # and at the ends, where containers keep their tables
        assert named(score, flip(package, index / len(package), 0))
    for back in range(1, 60):
        assert named(score, flip(package, (len(package) - back) / len(package), 1))
