"""A reviewer judges: what is asked, what is refused, and how the score follows at once."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from anlan.assessment.load import current_rubric
from anlan.assessment.models import Judgement
from anlan.org.scope import as_system
from anlan.web.scores_source import sheet_of
from tests.papers import pdf
from tests.records import list_place

pytestmark = pytest.mark.django_db
JUDGED, PROPOSED = "/at/A/2025/score/rules/A1-k4/judge/", "/at/A/2025/score/rules/A3-k3/judge/"


def answer(**data: object) -> dict[str, object]:
    return {"verdict": "set", "points": "1.5", "reason": "Support ledger is thin.", "key": "one", **data}


def proof() -> SimpleUploadedFile:
    return SimpleUploadedFile("visit.pdf", pdf("visit"), content_type="application/pdf")


def outcome(institution, rule: str) -> tuple[str, int]:
    with as_system("test"):
        sheet = sheet_of(current_rubric("qidong-2018"), institution, year=2025, as_of=dt.date(2025, 12, 31))
    return sheet.rule(rule).outcome, sheet.rule(rule).deducted


def test_a_decision_takes_points_at_once_and_keeps_name_reason_and_file(client_as, chen, world):
    assert outcome(world.hospital_a, "A1-k4") == ("awaits_person", 0)
    sent = client_as(chen).post(JUDGED, answer(evidence=proof()))
    assert (sent.status_code, sent["Location"]) == (302, "/at/A/2025/score/#A1-k4")
    assert outcome(world.hospital_a, "A1-k4") == ("scored", 150)
    with as_system("test"):
        record = Judgement.objects.get()
    assert (record.recorded_by, record.reason, record.occurred_on) == (
        chen, "Support ledger is thin.", timezone.localdate(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"points": "1.5"}, "Points are taken: add at least one file as evidence."),
        ({"points": ""}, "Enter the points to take; 0 is an answer."),
        ({"points": "2.5", "evidence": proof}, "The rule takes at most 2 points."),
        ({"reason": "", "evidence": proof}, "This field is required."),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_nothing_is_stored(client_as, chen, data, said):
    filled = {name: value() if callable(value) else value for name, value in data.items()}
    client = client_as(chen)
    client.cookies["django_language"] = "en"
    sent = client.post(JUDGED, answer(**filled))
    assert sent.status_code == 422
    assert said in sent.content.decode()
    with as_system("test"):
        assert not Judgement.objects.exists()


def test_taking_nothing_needs_no_file(client_as, chen, world):
    assert client_as(chen).post(JUDGED, answer(points="0")).status_code == 302
    assert outcome(world.hospital_a, "A1-k4") == ("scored", 0)


def test_a_proposal_is_confirmed_with_a_file(client_as, chen, li_actor, world):
    list_place(world.hospital_a, by=li_actor)
    assert outcome(world.hospital_a, "A3-k3") == ("awaits_person", 0)
    assert client_as(chen).post(PROPOSED, answer(verdict="confirm", points="")).status_code == 422
    assert client_as(chen).post(PROPOSED, answer(verdict="confirm", points="", evidence=proof())).status_code == 302
    assert outcome(world.hospital_a, "A3-k3") == ("scored", 300)


def test_a_proposal_is_rejected_with_a_reason(client_as, chen, li_actor, world):
    list_place(world.hospital_a, by=li_actor)
    assert client_as(chen).post(PROPOSED, answer(verdict="reject", points="")).status_code == 302
    assert outcome(world.hospital_a, "A3-k3") == ("scored", 0)


def test_a_rule_that_waits_for_nobody_takes_no_decision(client_as, chen, world):
    sent = client_as(chen).post("/at/A/2025/score/rules/A1-k1/judge/", answer(evidence=proof()), follow=True)
    assert "does not wait for a decision" in sent.content.decode() or "不需要认定" in sent.content.decode()
    with as_system("test"):
        assert not Judgement.objects.exists()


def test_only_who_judges_there_sees_the_form_and_may_send_it(client_as, chen, wang, feng):
    why = "/at/A/2025/score/rules/A1-k4/why/"
    assert "/judge/" in client_as(chen).get(why).content.decode()
    assert "/judge/" not in client_as(wang).get(why).content.decode()
    assert client_as(wang).post(JUDGED, answer(evidence=proof())).status_code == 404
    assert client_as(feng).post(JUDGED, answer(evidence=proof())).status_code == 404
