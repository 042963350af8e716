"""The screens of sealed scores: confirm, seal, look at it, take the files away, seal anew with a reason."""

import io
import zipfile

import pytest
from django.test import Client

from anlan.assessment.models import Seal
from anlan.org.scope import as_system
from anlan_cn.models import SecurityIncident
from tests.sealing import fill_year, judge, sealed

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SHEET, NEW, LIST = "/at/A/2025/score/", "/at/A/2025/score/seal/", "/at/A/2025/score/seals/"


@pytest.fixture
def year(world, li_actor, chen_actor):
    fill_year(world, office=li_actor, reviewer=chen_actor)
    return world


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def text(answer) -> str:
    return answer.content.decode()


def test_a_reviewer_confirms_and_the_sealed_sheet_is_shown(client_as, chen, year):
    client = english(client_as(chen))
    assert "This sheet is live" in text(client.get(SHEET))
    page = text(client.get(NEW))
    assert "Seal and publish" in page
    assert "Why it is sealed anew" not in page
    sent = client.post(NEW)
    seal = Seal.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, f"{LIST}{seal.uid}/")
    assert (seal.kind, seal.published_by) == ("commission", chen)
    shown = text(client.get(sent["Location"]))
    assert "does not change any more" in shown
    assert f"sha256 {seal.sha256}" in shown
    assert "<svg" in shown.split("a-seal-code")[1]
    assert "Sealed: " in text(client.get(SHEET))
    assert seal.sha256[:16] in text(client.get(LIST))


def test_the_assessor_of_the_institution_seals_the_self_check(client_as, tang, year):
    client_as(tang).post(NEW)
    assert Seal.objects.get().kind == "self_check"


def test_the_office_looks_and_does_not_seal(client_as, li, chen_actor, year):
    sealed(year, by=chen_actor)
    client = english(client_as(li))
    assert client.get(NEW).status_code == client.post(NEW).status_code == 404
    assert "Seal the score" not in text(client.get(LIST))
    assert Seal.objects.count() == 1


def test_a_second_seal_asks_for_a_reason_and_both_name_each_other(client_as, chen, chen_actor, year):
    first = sealed(year, by=chen_actor)
    judge(year, by=chen_actor, rule="A3-k1")
    client = english(client_as(chen))
    refused = client.post(NEW, {"reason": " "})
    assert refused.status_code == 422
    assert Seal.objects.count() == 1
    assert client.post(NEW, {"reason": "补判 A3-k1"}).status_code == 302
    second = Seal.objects.get(version=2)
    assert "This seal was superseded." in text(client.get(f"{LIST}{first.uid}/"))
    assert "It stands behind version 1" in text(client.get(f"{LIST}{second.uid}/"))


def test_a_drifted_row_is_said_on_the_page_and_nothing_is_sealed(client_as, chen, year):
    with as_system("somebody with the database's password"):
        SecurityIncident.objects.filter(occurred_on__year=2025).update(kind="public_order")
    answer = english(client_as(chen)).post(NEW)
    assert answer.status_code == 422
    assert "rows and ledger differ (1: security_incident: kind)" in text(answer)
    assert not Seal.objects.exists()


def test_the_files_are_handed_over_as_they_were_sealed(client_as, li, chen_actor, year):
    seal = sealed(year, by=chen_actor)
    client = client_as(li)
    score = client.get(f"{LIST}{seal.uid}/score.json")
    assert score.content == seal.document.encode()
    assert score["Content-Disposition"] == 'attachment; filename="score-A-qidong-2018-2025-commission-v1.json"'
    package = client.get(f"{LIST}{seal.uid}/package.zip")
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        assert archive.read("score.json") == score.content


def test_a_seal_of_another_institution_is_not_there(client_as, zhao, chen_actor, year):
    seal = sealed(year, by=chen_actor)
    assert client_as(zhao).get(f"/at/B/2025/score/seals/{seal.uid}/").status_code == 404
