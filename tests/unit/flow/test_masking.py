"""Privacy: a value above the clearance is masked, a sealed one is never sent, a hidden reference has no name."""

import dataclasses

import pytest

from anlan.flow import masking, reading, timeline
from anlan.flow.errors import InvalidData
from anlan.flow.masking import cell, cells
from anlan.flow.spec import find_register
from anlan.org.roles import Sensitivity
from anlan.org.scope import acting
from tests.records import list_place, report_hazard

pytestmark = pytest.mark.database
INTERNAL = 1


@pytest.fixture
def delicate(monkeypatch):
    """The register of key places with a sensitive name and a sealed location."""
    spec = find_register("key_place")
    levels = {**spec.field_sensitivity, "name": Sensitivity.SENSITIVE, "location": Sensitivity.SEALED}
    stricter = dataclasses.replace(spec, field_sensitivity=levels)
    for module in (masking, timeline):
        monkeypatch.setattr(module, "spec_of", lambda _record: stricter)
    return stricter


def test_a_value_above_the_clearance_is_masked_and_a_sealed_one_left_out(world, li_actor, delicate):
    place = list_place(world.hospital_a, by=li_actor)

    shown = {one.name: one.value for one in cells(place, clearance=INTERNAL, names=("kind", "name", "location"))}
    assert shown == {"kind": "pharmacy", "name": "••••"}


def test_neither_filter_nor_search_probes_what_is_masked(world, li_actor, shen_actor, delicate):
    list_place(world.hospital_a, by=li_actor, name="药房")
    probing = dataclasses.replace(delicate, filters=("kind", "name"), search=("number", "name"))
    with acting(shen_actor):
        assert reading.list_records(probing, world.hospital_a, search="药房").rows == ()
        assert len(reading.list_records(probing, world.hospital_a, search="KP-2025").rows) == 1
        with pytest.raises(InvalidData, match="filters") as caught:
            reading.list_records(probing, world.hospital_a, filters={"name": "药房"})
    assert caught.value.fields == {"name": ["The register is not filtered by this column."]}


def test_the_timeline_masks_what_the_record_masks(world, li_actor, shen_actor, delicate):
    place = list_place(world.hospital_a, by=li_actor, name="药房")
    with acting(shen_actor):
        changes = {change.name: (change.after, change.is_masked) for change in timeline.timeline(place)[0].changes}

    assert changes["kind"] == ("pharmacy", False)
    assert changes["name"] == ("••••", True)
    assert changes["location"] == ("••••", True)


def test_a_reference_is_named_by_number_and_name(world, li_actor):
    place = list_place(world.hospital_a, by=li_actor, name="药房")
    hazard = report_hazard(world.hospital_a, by=li_actor, place=place.uid)
    with acting(li_actor):
        shown = cell(reading.find_record(hazard.uid), "place", clearance=INTERNAL)

    assert (shown.value, shown.text) == (str(place.uid), "KP-2025-0001 药房")


def test_a_reference_out_of_reach_is_masked(world, li_actor, qian_actor):
    place = list_place(world.hospital_a, by=li_actor, name="药房")
    hazard = report_hazard(world.hospital_a, by=li_actor, place=place, department=world.emergency_a)
    with acting(qian_actor):
        shown = cell(reading.find_record(hazard.uid), "place", clearance=INTERNAL)

    assert (shown.value, shown.is_masked) == ("••••", True)
