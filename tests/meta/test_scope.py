"""Fail closed: with nobody acting, no road leads to a record; not the base manager, not a reference, not a reload."""

import pytest

from anlan.flow.reading import NotThere, find_record
from anlan.flow.spec import all_registers
from anlan.org.errors import Unscoped
from anlan.org.scope import acting
from anlan_cn.models import Hazard, KeyPlace
from tests.records import list_place, report_hazard

pytestmark = pytest.mark.database


@pytest.mark.parametrize("spec", all_registers(), ids=lambda spec: spec.code)
@pytest.mark.parametrize("manager", ["objects", "_base_manager", "_default_manager"])
def test_a_query_with_nobody_acting_raises(spec, manager):
    with pytest.raises(Unscoped, match="nobody acting"):
        getattr(spec.model, manager).all()


def test_a_reference_is_not_followed_with_nobody_acting(world, li_actor):
    place = list_place(world.hospital_a, by=li_actor)
    hazard = report_hazard(world.hospital_a, by=li_actor, place=place)
    with acting(li_actor):
        fresh = Hazard.objects.get(pk=hazard.pk)

    with pytest.raises(Unscoped, match="nobody acting"):
        _ = fresh.place


def test_a_reload_with_nobody_acting_raises(world, li_actor):
    place = list_place(world.hospital_a, by=li_actor)

    with pytest.raises(Unscoped, match="nobody acting"):
        place.refresh_from_db()


def test_a_reference_out_of_reach_is_not_followed(world, li_actor, qian_actor):
    place = list_place(world.hospital_a, by=li_actor)
    hazard = report_hazard(world.hospital_a, by=li_actor, place=place, department=world.emergency_a)

    with acting(qian_actor):
        seen = Hazard.objects.get(pk=hazard.pk)
        with pytest.raises(KeyPlace.DoesNotExist):
            _ = seen.place
        with pytest.raises(NotThere):
            find_record(place.uid)


def test_a_foreign_actor_updates_and_deletes_nothing(world, li_actor, zhao_actor):
    place = list_place(world.hospital_a, by=li_actor)
    with acting(zhao_actor):
        assert KeyPlace.objects.filter(pk=place.pk).update(name="别处") == 0
        assert KeyPlace._base_manager.filter(pk=place.pk).delete() == (0, {})
        assert KeyPlace.objects.within(world.hospital_a).count() == 0
    with acting(li_actor):
        assert KeyPlace.objects.get(pk=place.pk).name == "药房"


def test_one_institution_and_the_whole_scope_agree(
    world, li_actor, qian_actor, zhou_actor, chen_actor, shen_actor, zhao_actor, guan_actor
):
    """The query without a join and the general one are two forms of one policy."""
    for number, (actor, institution) in enumerate(
        [
            (li_actor, world.hospital_a),
            (qian_actor, world.hospital_a),
            (zhou_actor, world.hospital_a),
            (zhao_actor, world.hospital_b),
        ]
    ):
        list_place(institution, by=actor, name=f"地点{number}")
    for actor in (li_actor, qian_actor, zhou_actor, chen_actor, shen_actor, zhao_actor, guan_actor):
        with acting(actor):
            for institution in (world.hospital_a, world.hospital_b, world.hospital_c):
                general = set(KeyPlace.objects.filter(institution=institution).values_list("name", flat=True))
                assert set(KeyPlace.objects.within(institution).values_list("name", flat=True)) == general
