"""Rubrics and scores over the API: the same sheets as the command line, in scope, and traces down to records."""

import datetime as dt

import pytest

from anlan.api.scores import ScoresOut, TraceOut, TrendOut
from anlan.assessment.jsonform import sheet_json
from anlan.assessment.load import load_rubric
from anlan.assessment.score import score_institutions
from anlan.facts.live import live_engine
from tests.records import list_place

pytestmark = pytest.mark.database
ASKED = {"rubric": "qidong-2018", "year": 2025, "as_of": "2025-12-31"}


def get(client, path, **query):
    return client.get(f"/api/v1{path}", query, headers={"Accept-Language": "en"})


def test_a_rubric_is_listed_shown_and_linted(li, client_as):
    client = client_as(li)
    (line,) = [one for one in get(client, "/rubrics").json() if one["code"] == "qidong-2018"]
    rubric = get(client, "/rubrics/qidong-2018").json()
    findings = get(client, "/rubrics/qidong-2018/findings").json()

    assert line["content_hash"] == rubric["content_hash"]
    assert sum(len(category["rules"]) for category in rubric["categories"]) == 43
    assert rubric["printed_total"] == 100
    assert findings[0]["id"] == "rubric.L001"
    assert set(findings[0]) == {"id", "place", "reason", "mend"}


@pytest.mark.parametrize(
    "code", ["castle", "../qidong-2018", "qidong-2018.yaml", "/etc/passwd.yaml", "..%2Fqidong-2018.yaml"]
)
def test_a_rubric_is_asked_for_by_code_and_never_by_path(li, client_as, code):
    assert get(client_as(li), f"/rubrics/{code}").status_code == 404
    assert get(client_as(li), "/scores", rubric=code, year=2025).status_code == 404


def test_sheets_are_those_of_the_assessment_room_in_tree_order(world, chen, client_as):
    answer = get(client_as(chen), "/scores", **ASKED).json()

    ids = [world.hospital_a.pk, world.hospital_b.pk]
    day = dt.date(2025, 12, 31)
    table = score_institutions(load_rubric("qidong-2018"), year=2025, as_of=day, engine=live_engine(), institutions=ids)
    assert answer == {
        "rubric": "qidong-2018",
        "year": 2025,
        "as_of": "2025-12-31",
        "institutions": [sheet_json(table.sheet(one.pk), code=one.code) for one in (world.hospital_a, world.hospital_b)],
    }
    ScoresOut.model_validate(answer)
    assert [sheet["applicable_max"] for sheet in answer["institutions"]] == [85, 85]


def test_each_role_gets_the_scores_in_its_reach_only(world, li, qian, wang, zhao, guan, shen, client_as):
    """The recorder keeps registers and sees no score; the administrator sees nothing."""
    people = (li, qian, wang, zhao, guan, shen)
    codes = {
        one.username: [sheet["code"] for sheet in get(client_as(one), "/scores", **ASKED).json()["institutions"]]
        for one in people
    }

    assert codes == {"li": ["A"], "qian": [], "wang": ["A"], "zhao": ["B"], "guan": [], "shen": ["A", "B"]}
    for person in (qian, zhao, guan):
        for path in ("/scores", "/scores/trend"):
            assert get(client_as(person), path, institution="A", **ASKED).status_code == 404
        assert get(client_as(person), "/scores/A/rules/A3-k3/trace", **ASKED).status_code == 404


def test_the_trend_has_one_figure_for_each_month_and_the_day_itself(world, li, client_as):
    trend = get(client_as(li), "/scores/trend", rubric="qidong-2018", year=2025, as_of="2025-03-15").json()
    (course,) = trend["institutions"]
    sheet = get(client_as(li), "/scores", rubric="qidong-2018", year=2025, as_of="2025-03-15").json()["institutions"][0]

    TrendOut.model_validate(trend)
    assert trend["days"] == ["2025-01-31", "2025-02-28", "2025-03-15"]
    assert (course["code"], course["raw"][-1], course["normalised"][-1]) == ("A", sheet["raw"], sheet["normalised"])
    assert get(client_as(li), "/scores/trend", rubric="qidong-2018", year=2025, as_of="2024-12-31").json()["days"] == []


def test_a_trace_leads_to_the_records(world, li, li_actor, client_as):
    """A place without its defences costs points (A3-k3 counts each); the trace names it by number."""
    list_place(world.hospital_a, by=li_actor)
    rules = {
        rule["code"]: rule
        for one in get(client_as(li), "/scores", **ASKED).json()["institutions"]
        for category in one["categories"]
        for rule in category["rules"]
    }
    trace = get(client_as(li), "/scores/A/rules/A3-k3/trace", **ASKED).json()

    assert (trace["institution"], trace["rule"], trace["category"]) == ("A", "A3-k3", "A3")
    assert trace["deducted"] == rules["A3-k3"]["deducted"]
    assert "KP-2025-0001" in [record["number"] for query in trace["records"] for record in query["records"]]
    assert [clause["id"] for clause in trace["clauses"]] == ["S1-A3-k3", "S1-A3-c"]
    TraceOut.model_validate(trace)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"year": "2025"}, "rubric"),
        ({"rubric": "qidong-2018"}, "year"),
        ({"rubric": "qidong-2018", "year": "99999"}, "year"),
        ({"rubric": "qidong-2018", "year": "x"}, "year"),
        ({"rubric": "qidong-2018", "year": "2025", "as_of": "2025-02-30"}, "as_of"),
        ({"rubric": "a\x00b", "year": "2025"}, "rubric"),
    ],
)
def test_a_wrong_question_is_named(li, client_as, query, field):
    for path in ("/scores", "/scores/trend", "/scores/A/rules/A3-k3/trace"):
        answer = get(client_as(li), path, **query)
        assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])


@pytest.mark.parametrize("year", [2000, 2100])
def test_years_at_the_edge_are_answered(world, li, client_as, year):
    """Before the rubric's parameters were in force there is a reason instead of a score; never a server error."""
    answer = get(client_as(li), "/scores", rubric="qidong-2018", year=year)

    assert answer.status_code in (200, 422)
    assert get(client_as(li), "/scores/A/rules/castle/trace", **ASKED).status_code == 404
