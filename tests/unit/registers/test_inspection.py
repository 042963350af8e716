# ruff: noqa: F811  (fixtures come by import)
"""Monthly key-place checks and the hazards that they open."""

import datetime as dt

import pytest

from anlan.flow.errors import Conflict, InvalidData
from anlan.flow.perform import History, Move, perform_many
from anlan.ledger.entry import Origin
from anlan.org.models import Institution
from anlan.org.scope import Actor
from anlan_cn.models import Hazard, KeyPlace, KeyPlaceCheck
from tests.unit.registers.conftest_reg2 import AT, institution, legal_terms, office, pharmacy, take  # noqa: F401

pytestmark = pytest.mark.django_db
ALL_OK = {"checker_post": "保卫科干事", "people_ok": True, "objects_ok": True, "technology_ok": True}
FINDING = {**ALL_OK, "objects_ok": False, "has_findings": True, "findings": "门锁松动"}


def check(place: KeyPlace, by: Actor, day: str = "2025-05-12", **data: object) -> KeyPlaceCheck:
    record = KeyPlaceCheck(institution=place.institution)
    take(record, "check", by=by, occurred_on=day, place=place, **data)
    return record


def test_a_clean_check_is_complete_counts_for_its_month_and_is_signed(office: Actor, pharmacy: KeyPlace) -> None:
    record = check(pharmacy, office, **ALL_OK)
    assert (record.month_no, record.is_complete, record.is_counted) == (202505, True, True)
    assert not Hazard.objects.exists()
    take(record, "sign", by=office, files=1)
    assert record.state == "signed"


def test_findings_open_a_hazard_at_the_place(office: Actor, pharmacy: KeyPlace) -> None:
    check(pharmacy, office, **FINDING)
    hazard = Hazard.objects.get()
    assert (hazard.area, hazard.place_id, hazard.description, hazard.state) == (
        "place",
        pharmacy.pk,
        "门锁松动",
        "found",
    )
    assert hazard.occurred_on == dt.date(2025, 5, 12)


def test_an_import_opens_one_hazard_per_check_with_findings(office: Actor, pharmacy: KeyPlace) -> None:
    histories = [
        History(
            record=KeyPlaceCheck(institution=pharmacy.institution),
            moves=(Move(step="check", by=office, at=AT, data={"occurred_on": day, "place": pharmacy, **answers}),),
        )
        for day, answers in (("2025-03-12", FINDING), ("2025-04-12", ALL_OK), ("2025-05-12", FINDING))
    ]
    perform_many(histories, origin=Origin(kind="import"))
    assert Hazard.objects.count() == 2


def test_an_incomplete_check_is_kept_and_can_be_supplemented(office: Actor, pharmacy: KeyPlace) -> None:
    record = check(pharmacy, office, checker_post="保卫科干事", people_ok=True)
    assert (record.objects_ok, record.is_complete) == (None, False)
    take(record, "supplement", by=office, objects_ok=False, technology_ok=True, has_findings=True, findings="门锁松动")
    assert record.is_complete
    take(record, "supplement", by=office, findings="门锁松动，已报修")
    assert Hazard.objects.count() == 1


def test_findings_without_words_leave_the_check_incomplete(office: Actor, pharmacy: KeyPlace) -> None:
    record = check(pharmacy, office, **ALL_OK, has_findings=True)
    assert not record.is_complete
    assert not Hazard.objects.exists()


def test_a_place_has_one_check_in_a_month(office: Actor, pharmacy: KeyPlace) -> None:
    check(pharmacy, office, **ALL_OK)
    with pytest.raises(Conflict, match="This place has its check of the month already"):
        check(pharmacy, office, day="2025-05-28", **ALL_OK)


def test_an_annulled_check_makes_room_for_another(office: Actor, pharmacy: KeyPlace) -> None:
    first = check(pharmacy, office, **ALL_OK)
    take(first, "annul", by=office, reason="wrong place")
    assert check(pharmacy, office, day="2025-05-28", **ALL_OK).is_counted


def test_a_no_is_a_finding(office: Actor, pharmacy: KeyPlace) -> None:
    with pytest.raises(InvalidData, match='An answer says "no"; then there are findings'):
        check(pharmacy, office, **ALL_OK | {"people_ok": False})


def test_a_hazard_that_is_sent_back_is_not_rectified(office: Actor, institution: Institution) -> None:
    hazard = Hazard(institution=institution)
    take(hazard, "report", by=office, occurred_on="2025-05-02", area="fire", level="general", description="堆物")
    take(hazard, "assign", by=office, owner_post="总务科")
    take(hazard, "rectify", by=office, measures="已清理", rectified_on="2025-05-08")
    take(hazard, "send_back", by=office, reason="still blocked")
    assert (hazard.state, hazard.rectified_on) == ("assigned", None)
    with pytest.raises(InvalidData, match="It is still open"):
        take(hazard, "correct", by=office, reason="late", rectified_on="2025-05-09")


def test_a_hazard_is_not_verified_before_it_was_rectified(office: Actor, institution: Institution) -> None:
    hazard = Hazard(institution=institution)
    take(hazard, "report", by=office, occurred_on="2025-05-02", area="fire", level="general", description="堆物")
    take(hazard, "assign", by=office, owner_post="总务科")
    take(hazard, "rectify", by=office, measures="已清理", rectified_on="2025-05-08")
    with pytest.raises(InvalidData, match="It cannot be verified before it was rectified"):
        take(hazard, "verify", by=office, verified_on="2025-05-07")
