# ruff: noqa: F811  (fixtures come by import)
"""Security registers: devices and the places that follow them, cases, analyses, police liaison, guards."""

import datetime as dt

import pytest

from anlan.flow.authority import waiting_steps
from anlan.flow.errors import BadEvidence, InvalidData, Refused
from anlan.flow.spec import spec_of
from anlan.ledger.models import Entry
from anlan.org.models import Institution
from anlan.org.scope import Actor, acting
from anlan_cn.models import (
    CaseAnalysis,
    DefenceMember,
    Device,
    KeyPlace,
    OfficerVisit,
    PoliceAgreement,
    SecurityDepartment,
    SecurityIncident,
)
from tests.unit.registers.conftest_reg2 import institution, legal_terms, office, pharmacy, take  # noqa: F401

pytestmark = pytest.mark.django_db


def install(place: KeyPlace, by: Actor, **data: object) -> Device:
    device = Device(institution=place.institution)
    take(device, "install", by=by, **{"occurred_on": "2025-02-01", "kind": "camera", "place": place, **data})
    return device


def flags(place: KeyPlace) -> tuple[bool, bool, bool]:
    place.refresh_from_db()
    return place.has_alarm, place.has_camera, place.has_link_110


def test_a_place_follows_a_device_from_installation_to_retirement(office: Actor, pharmacy: KeyPlace) -> None:
    camera = install(pharmacy, office, is_hd=True)
    assert flags(pharmacy) == (False, True, False)

    take(camera, "report_fault", by=office, reason="no picture since the morning")
    assert (camera.state, camera.is_working, flags(pharmacy)) == ("faulty", False, (False, False, False))

    take(camera, "repair", by=office)
    assert (camera.state, camera.is_working, flags(pharmacy)) == ("installed", True, (False, True, False))

    take(camera, "end", by=office, ended_on="2025-06-30")
    assert flags(pharmacy) == (False, False, False)


def test_each_kind_of_device_fills_its_own_column(office: Actor, pharmacy: KeyPlace) -> None:
    install(pharmacy, office, kind="alarm")
    install(pharmacy, office, kind="link_110")
    assert flags(pharmacy) == (True, False, True)


def test_a_button_that_must_be_pressed_is_no_automatic_alarm(office: Actor, pharmacy: KeyPlace) -> None:
    install(pharmacy, office, kind="one_key_alarm")
    assert flags(pharmacy) == (False, False, False)


def test_a_second_camera_keeps_the_place_watched(office: Actor, pharmacy: KeyPlace) -> None:
    first = install(pharmacy, office)
    install(pharmacy, office, asset_no="2")
    entries = Entry.objects.filter(register="key_place").count()
    take(first, "end", by=office, ended_on="2025-06-30")
    assert flags(pharmacy) == (False, True, False)
    assert Entry.objects.filter(register="key_place").count() == entries  # nothing new, nothing written


def test_a_corrected_place_is_noted_at_both_places(office: Actor, pharmacy: KeyPlace) -> None:
    cashier = KeyPlace(institution=pharmacy.institution)
    values = {"occurred_on": "2025-01-06", "kind": "cashier", "name": "收费处", "location": "一层"}
    take(cashier, "list_place", by=office, **values)
    camera = install(pharmacy, office)

    take(camera, "correct", by=office, reason="it hangs at the cashier's", place=cashier)

    assert (flags(pharmacy), flags(cashier)) == ((False, False, False), (False, True, False))


def test_an_annulled_device_no_longer_guards(office: Actor, pharmacy: KeyPlace) -> None:
    alarm = install(pharmacy, office, kind="alarm")
    take(alarm, "annul", by=office, reason="recorded twice")
    assert flags(pharmacy) == (False, False, False)


def test_what_an_inspection_found_stays_where_no_device_says_otherwise(office: Actor, pharmacy: KeyPlace) -> None:
    take(pharmacy, "inspect_defences", by=office, inspected_on="2025-03-01", has_alarm=True)
    install(pharmacy, office)
    assert flags(pharmacy) == (True, True, False)


def test_a_recorder_who_does_not_see_the_place_still_brings_the_note(
    office: Actor, pharmacy: KeyPlace, qian_actor: Actor
) -> None:
    camera = Device(institution=pharmacy.institution)
    with acting(qian_actor):
        assert not KeyPlace.objects.filter(pk=pharmacy.pk).exists()
    take(camera, "install", by=qian_actor, occurred_on="2025-02-01", kind="camera", place=pharmacy)
    with acting(qian_actor):
        take(camera, "report_fault", by=qian_actor, reason="no picture")
    assert flags(pharmacy) == (False, False, False)


def test_nobody_notes_devices_by_hand(office: Actor, pharmacy: KeyPlace) -> None:
    with pytest.raises(Refused, match="it is for: no one; it only follows another step"):
        take(pharmacy, "note_devices", by=office, has_camera=True)


def test_only_a_camera_has_a_picture_quality(office: Actor, pharmacy: KeyPlace) -> None:
    with pytest.raises(InvalidData, match="Only a camera has a picture quality"):
        install(pharmacy, office, kind="alarm", is_hd=True)


def test_an_installed_device_waits_for_nothing_and_a_faulty_one_for_its_repair() -> None:
    spec = spec_of(Device)
    assert waiting_steps(spec, "installed") == ()
    assert [name for name, _ in waiting_steps(spec, "faulty")] == ["repair"]


def test_a_crime_is_recorded_reported_and_closed(office: Actor, institution: Institution) -> None:
    case = SecurityIncident(institution=institution)
    take(case, "record", by=office, occurred_on="2025-05-03", kind="criminal", category="theft", loss_yuan="800")
    assert case.is_counted
    take(case, "report", by=office, files=1)
    assert case.is_reported_to_police
    take(case, "close", by=office, reason="the thief was found")
    assert case.state == "closed"


def test_a_crime_is_not_closed_behind_the_back_of_the_police(office: Actor, institution: Institution) -> None:
    case = SecurityIncident(institution=institution)
    take(case, "record", by=office, occurred_on="2025-05-03", kind="criminal", category="theft")
    with pytest.raises(InvalidData, match="closes only after it was reported to the police"):
        take(case, "close", by=office, reason="solved in the ward")


def test_an_analysis_counts_only_with_the_signed_report(office: Actor, institution: Institution) -> None:
    analysis = CaseAnalysis(institution=institution)
    values = {"occurred_on": "2025-05-28", "cases_reviewed": 2, "warning_level": "blue", "findings": "平稳"}
    take(analysis, "draft", by=office, **values)
    assert not analysis.is_counted
    with pytest.raises(BadEvidence, match="needs 1 file"):
        take(analysis, "report", by=office)
    analysis.refresh_from_db()
    take(analysis, "report", by=office, files=1)
    assert analysis.is_counted


def test_a_red_warning_says_what_is_done_about_it(office: Actor, institution: Institution) -> None:
    analysis = CaseAnalysis(institution=institution)
    values = {"occurred_on": "2025-05-28", "cases_reviewed": 2, "warning_level": "red", "findings": "多发"}
    with pytest.raises(InvalidData, match="An orange or red warning says what is done about it"):
        take(analysis, "draft", by=office, **values)


def test_an_agreement_counts_once_the_signed_paper_is_there(office: Actor, institution: Institution) -> None:
    agreement = PoliceAgreement(institution=institution)
    take(agreement, "draft", by=office, occurred_on="2025-03-01", partner="城东派出所")
    assert not agreement.is_counted
    take(agreement, "sign", by=office, files=1, document_no="共建〔2025〕1号", ended_on="2027-03-01")
    assert agreement.is_counted
    take(agreement, "add_contacts", by=office, files=1)
    assert agreement.has_contact_list


def test_a_signed_agreement_keeps_its_number(office: Actor, institution: Institution) -> None:
    agreement = PoliceAgreement(institution=institution)
    take(agreement, "draft", by=office, occurred_on="2025-03-01", partner="城东派出所")
    take(agreement, "sign", by=office, files=1, document_no="共建〔2025〕1号")
    with pytest.raises(InvalidData, match="A signed agreement has a document number"):
        take(agreement, "correct", by=office, reason="typo", document_no="")


def test_a_security_department_is_established_documented_and_dissolved(office: Actor, institution: Institution) -> None:
    guard = SecurityDepartment(institution=institution)
    values = {"occurred_on": "2022-05-01", "kind": "department", "name": "保卫科", "head_post": "保卫科科长"}
    take(guard, "establish", by=office, **values)
    assert guard.is_counted
    take(guard, "document", by=office, files=1)
    take(guard, "change_head", by=office, reason="retired", head_post="副院长")
    take(guard, "end", by=office, ended_on="2025-06-01")
    assert (guard.state, guard.head_post, guard.ended_on) == ("documented", "副院长", dt.date(2025, 6, 1))


def test_a_department_does_not_end_before_it_began(office: Actor, institution: Institution) -> None:
    guard = SecurityDepartment(institution=institution)
    values = {"occurred_on": "2022-05-01", "kind": "department", "name": "保卫科", "head_post": "保卫科科长"}
    with pytest.raises(InvalidData, match="The end lies before the beginning"):
        take(guard, "establish", by=office, ended_on="2021-05-01", **values)


def test_a_department_has_a_head(office: Actor, institution: Institution) -> None:
    guard = SecurityDepartment(institution=institution)
    values = {"occurred_on": "2022-05-01", "kind": "department", "name": "保卫科", "head_post": " "}
    with pytest.raises(InvalidData, match="Name the post that heads it"):
        take(guard, "establish", by=office, **values)


def test_a_member_joins_is_certified_moves_and_leaves(office: Actor, institution: Institution) -> None:
    member = DefenceMember(institution=institution)
    take(member, "enrol", by=office, occurred_on="2025-01-02", holder_name="甲", employment="part_time")
    assert member.is_counted
    take(member, "certify", by=office, files=1)
    take(member, "transfer", by=office, employment="full_time", post_title="班长")
    take(member, "end", by=office, ended_on="2025-06-01")
    assert (member.state, member.employment) == ("certified", "full_time")


def test_a_roster_lists_no_blanks(office: Actor, institution: Institution) -> None:
    member = DefenceMember(institution=institution)
    with pytest.raises(InvalidData, match="Name the member"):
        take(member, "enrol", by=office, occurred_on="2025-01-02", holder_name=" ", employment="part_time")


def test_a_visit_is_recorded_and_confirmed(office: Actor, institution: Institution) -> None:
    visit = OfficerVisit(institution=institution)
    values = {"occurred_on": "2025-05-03", "officer_post": "社区民警", "station": "城东派出所", "guidance": "检查值班"}
    take(visit, "record", by=office, **values)
    assert visit.is_counted
    take(visit, "confirm", by=office, files=1, assisted_cases=1)
    assert (visit.state, visit.assisted_cases) == ("confirmed", 1)


def test_a_visit_without_advice_was_no_guidance(office: Actor, institution: Institution) -> None:
    visit = OfficerVisit(institution=institution)
    values = {"occurred_on": "2025-05-03", "officer_post": "社区民警", "station": "城东派出所", "guidance": " "}
    with pytest.raises(InvalidData, match="Say what the officer advised"):
        take(visit, "record", by=office, **values)
