"""The API's registers and records: what is read, masked, opened and stepped, and how bad input is answered."""

import json

import pytest

from anlan.api.application import api
from tests.records import list_place, report_hazard

pytestmark = pytest.mark.database
PLACES = "/api/v1/registers/key_place/records"
PLACE = {"occurred_on": "2025-01-06", "kind": "pharmacy", "name": "药房", "location": "门诊楼一层"}


def post(client, path, body, **headers):
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def problem(response):
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"id", "message", "fields"}
    return response.status_code, body["id"], body["fields"]


def test_a_stranger_is_told_to_sign_in(db, client):
    for path in ("/api/v1/registers", "/api/v1/openapi.json", PLACES):
        assert problem(client.get(path))[:2] == (401, "api.E002")
    assert problem(post(client, PLACES, {}))[:2] == (401, "api.E002")


def test_a_one_time_password_opens_nothing_but_its_change(li, client_as):
    li.must_change_password = True
    li.save()

    assert problem(client_as(li).get("/api/v1/registers"))[:2] == (403, "api.E004")
    assert problem(client_as(li).get("/api/v1/openapi.json"))[:2] == (403, "api.E004")


def test_a_write_without_the_token_is_refused(li, client_as):
    careless = client_as(li, enforce_csrf_checks=True)

    assert problem(post(careless, PLACES, {"institution": "A", "values": PLACE}))[:2] == (403, "api.E003")
    assert careless.get("/api/v1/registers").status_code == 200


def test_the_description_is_openapi_3_1(li, client_as):
    described = client_as(li).get("/api/v1/openapi.json").json()

    assert described["openapi"] == "3.1.0"
    plain = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    assert described["paths"].keys() == plain["paths"].keys()
    answers = described["paths"]["/api/v1/registers/{code}/records"]["post"]["responses"]
    assert sorted(answers) == ["201", "400", "401", "403", "404", "405", "409", "413", "422", "500", "503"]
    for status in sorted(answers)[1:]:
        assert list(answers[status]["content"]) == ["application/problem+json"]
    assert "/api/v1/registers/{code}/records" in described["paths"]


def test_a_register_tells_its_fields_steps_and_filters(li, client_as):
    register = client_as(li).get("/api/v1/registers/hazard", headers={"Accept-Language": "en"}).json()
    fields = {field["name"]: field for field in register["fields"]}
    steps = {step["name"]: step for step in register["steps"]}

    assert (register["name"], register["opens_with"], register["subsystem"]) == ("Hazard", "report", "M05")
    assert fields["level"]["choices"] == [
        {"value": "general", "label": "General"},
        {"value": "major", "label": "Major"},
    ]
    assert (fields["place"]["type"], fields["place"]["refers_to"], fields["place"]["required"]) == (
        "reference",
        "key_place",
        False,
    )
    assert (fields["description"]["type"], fields["description"]["required"]) == ("text", True)
    assert (steps["verify"]["sources"], steps["verify"]["target"], steps["verify"]["by"]) == (
        ["rectified"],
        "verified",
        ["can:verify"],
    )
    assert register["sorts"] == ["-occurred_on", "occurred_on", "-number", "number"]


def test_a_record_is_opened_read_and_stepped(world, li, client_as):
    client = client_as(li)
    opened = post(client, PLACES, {"institution": "A", "values": PLACE})
    record = opened.json()
    assert (opened.status_code, record["number"], record["state"], record["version"]) == (
        201,
        "KP-2025-0001",
        "listed",
        1,
    )
    assert record["values"]["name"] == "药房"
    assert record["recorded_by"] == "李敏"

    path = f"/api/v1/records/{record['uid']}"
    stepped = post(
        client, f"{path}/steps/inspect_defences", {"values": {"inspected_on": "2025-02-03", "has_alarm": True}}
    )
    assert (stepped.status_code, stepped.json()["state"], stepped.json()["version"]) == (200, "inspected", 2)
    assert client.get(path).json() == stepped.json()
    first, second = client.get(f"{path}/timeline").json()
    assert (first["step"], first["who"], first["origin"]) == ("list_place", "李敏", "api")
    assert {"name": "has_alarm", "before": False, "after": True} in [
        {key: change[key] for key in ("name", "before", "after")} for change in second["changes"]
    ]


def test_the_timeline_tells_the_parties_to_whoever_may_name_them(world, li, wang, chen, client_as):
    client = client_as(li)
    record = post(client, PLACES, {"institution": "A", "values": PLACE}).json()
    path = f"/api/v1/records/{record['uid']}"
    party = {"capacity": "handler", "person": wang.username, "reason": "由院长督办"}
    assert post(client, f"{path}/parties", party).status_code == 201

    told = {"capacity": "handler", "person": "wang", "unit": None, "role": ""}
    assert [(one["parties"], one["reason"]) for one in client.get(f"{path}/timeline").json()] == [
        ([], ""),
        ([told], "由院长督办"),
    ]
    assert [(one["parties"], one["reason"]) for one in client_as(chen).get(f"{path}/timeline").json()] == [
        ([], ""),
        ([], ""),
    ]


def test_a_key_sent_twice_opens_one_record(world, li, client_as):
    client, body = client_as(li), {"institution": "A", "values": PLACE}
    first = post(client, PLACES, body, **{"Idempotency-Key": "k-1"})
    again = post(client, PLACES, body, **{"Idempotency-Key": "k-1"})
    assert first.json() == again.json()
    assert len(client.get(PLACES, {"institution": "A"}).json()["records"]) == 1

    step = f"/api/v1/records/{first.json()['uid']}/steps/inspect_defences"
    values = {"values": {"inspected_on": "2025-02-03"}}
    once = post(client, step, values, **{"Idempotency-Key": "k-2"})
    twice = post(client, step, values, **{"Idempotency-Key": "k-2"})
    assert (once.json()["version"], twice.json()["version"]) == (2, 2)
    assert problem(post(client, step, values, **{"Idempotency-Key": "k-1"}))[:2] == (409, "api.E007")
    no_step = step.replace("inspect_defences", "no_such_step")
    assert problem(post(client, no_step, values, **{"Idempotency-Key": "k-2"}))[:2] == (409, "api.E007")
    assert problem(post(client, step, values, **{"Idempotency-Key": "k" * 121}))[0] == 422


def test_pages_follow_one_another(world, li, li_actor, client_as):
    for number in range(3):
        list_place(world.hospital_a, by=li_actor, name=f"地点{number}")
    client = client_as(li)
    first = client.get(PLACES, {"institution": "A", "limit": 2}).json()
    second = client.get(PLACES, {"institution": "A", "limit": 2, "after": first["after"]}).json()

    assert [record["values"]["name"] for record in first["records"]] == ["地点2", "地点1"]
    assert [record["values"]["name"] for record in second["records"]] == ["地点0"]
    assert second["after"] == ""


@pytest.mark.parametrize(
    ("query", "status", "id", "field"),
    [
        ({}, 422, "api.E006", "institution"),
        ({"institution": "A", "limit": "0"}, 422, "api.E006", "limit"),
        ({"institution": "A", "limit": "many"}, 422, "api.E006", "limit"),
        ({"institution": "A", "castle": "1"}, 422, "flow.E040", "castle"),
        ({"institution": "A", "kind": "castle"}, 422, "flow.E040", "kind"),
        ({"institution": "A", "kind": "a\x00b"}, 422, "flow.E040", "kind"),
        ({"institution": "A", "occurred_from": "yesterday"}, 422, "flow.E040", "occurred_from"),
        ({"institution": "A", "search": "a\x00b"}, 422, "api.E006", "search"),
        ({"institution": "A", "search": "x" * 300}, 422, "api.E006", "search"),
        ({"institution": "A", "sort": "name"}, 422, "flow.E042", "sort"),
        ({"institution": "A", "after": "x~y"}, 422, "flow.E041", "after"),
        ({"institution": "A", "after": "2025-01-01~" + "9" * 50}, 200, None, None),
    ],
)
def test_a_wrong_query_is_named(world, li, client_as, query, status, id, field):
    response = client_as(li).get(PLACES, query)
    if status == 200:
        assert response.json()["records"] == []
        return
    code, name, fields = problem(response)
    assert (code, name, list(fields)) == (status, id, [field])


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"kind": "castle"}, ["kind"]),
        ({"occurred_on": "2025-02-30"}, ["occurred_on"]),
        ({"occurred_on": 5}, ["occurred_on"]),
        ({"occurred_on": ["2025-01-01"]}, ["occurred_on"]),
        ({"occurred_on": None}, ["occurred_on"]),
        ({"name": {"a": 1}}, ["name"]),
        ({"name": "药\x00房"}, ["name"]),
        ({"name": "\ud800"}, ["name"]),
        ({"name": "x" * 81}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"has_alarm": "perhaps"}, ["has_alarm"]),
        ({"has_alarm": float("inf")}, ["has_alarm"]),
        ({"department": "B-ER"}, ["department"]),
        ({"department": {"code": "A-ER"}}, ["department"]),
        ({"state": "inspected"}, ["state"]),
        ({"institution_id": 6}, ["institution_id"]),
        (
            {"by": 1, "at": "2020-01-01", "key": "k", "origin": "x", "record": 1, "step": "x"},
            ["at", "by", "key", "origin", "record", "step"],
        ),
    ],
)
def test_wrong_values_are_named_and_nothing_is_stored(world, li, client_as, values, fields):
    client = client_as(li)

    status, _, named = problem(post(client, PLACES, {"institution": "A", "values": PLACE | values}))
    assert (status, sorted(named)) == (422, fields)
    assert client.get(PLACES, {"institution": "A"}).json()["records"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b"", 422),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"institution": "A", "value": {}}', 422),
        (b'{"institution": 5}', 422),
    ],
)
def test_a_body_that_is_no_opening_is_refused(world, li, client_as, body, status):
    assert problem(client_as(li).post(PLACES, body, content_type="application/json"))[0] == status


def test_what_is_hidden_and_what_is_missing_answer_alike(world, li_actor, zhao, guan, client_as):
    place = list_place(world.hospital_a, by=li_actor)
    hidden = [
        f"/api/v1/records/{place.uid}",
        f"/api/v1/records/{place.uid}/timeline",
        f"/api/v1/records/{place.uid}/evidence",
        f"{PLACES}?institution=A",
    ]
    missing = [
        "/api/v1/records/00000000-0000-0000-0000-000000000000",
        "/api/v1/records/not-a-receipt",
        "/api/v1/registers/castle",
        f"{PLACES}?institution=Z",
        "/api/v1/registers/castle/records?institution=B",
    ]
    answers = {
        client_as(person).get(path, headers={"Accept-Language": "en"}).content
        for person in (zhao, guan)
        for path in hidden + missing
    }

    assert [json.loads(answer) for answer in answers] == [
        {"id": "api.E001", "message": "There is nothing here, or it is not for you.", "fields": {}}
    ]
    assert problem(post(client_as(zhao), f"/api/v1/records/{place.uid}/steps/annul", {"reason": "x"}))[:2] == (
        404,
        "api.E001",
    )
    assert problem(post(client_as(zhao), PLACES, {"institution": "A", "values": PLACE}))[:2] == (404, "api.E001")


def test_a_step_out_of_turn_or_out_of_role_says_so(world, li, qian, qian_actor, client_as):
    hazard = report_hazard(world.hospital_a, by=qian_actor)
    path = f"/api/v1/records/{hazard.uid}/steps"

    assert problem(post(client_as(li), f"{path}/rectify", {}))[:2] == (409, "flow.E012")
    assert problem(post(client_as(qian), f"{path}/assign", {"values": {"owner_post": "x"}}))[:2] == (403, "flow.E011")
    assert problem(post(client_as(li), f"{path}/explode", {}))[:2] == (404, "api.E001")
    assert problem(post(client_as(li), f"{path}/assign", {"values": {"owner_post": "x"}, "version": 7}))[:2] == (
        409,
        "flow.E020",
    )
    assert problem(post(client_as(li), f"{path}/annul", {"reason": "\x00"}))[:2] == (422, "api.E006")
    status, id, fields = problem(post(client_as(li), f"{path}/assign", {}))
    assert (status, id, list(fields)) == (422, "flow.E015", ["owner_post"])


def test_a_reference_is_given_and_read_as_a_receipt(world, li, li_actor, client_as):
    place = list_place(world.hospital_a, by=li_actor)
    values = {
        "occurred_on": "2025-03-10",
        "area": "fire",
        "level": "general",
        "description": "堆放杂物",
        "place": str(place.uid),
    }
    report_hazard(world.hospital_a, by=li_actor)
    opened = post(client_as(li), "/api/v1/registers/hazard/records", {"institution": "A", "values": values})

    assert opened.status_code == 201
    assert opened.json()["values"]["place"] == str(place.uid)


def test_institutions_are_those_in_reach(world, chen, li, guan, client_as):
    codes = {
        person.username: [one["code"] for one in client_as(person).get("/api/v1/institutions").json()]
        for person in (chen, li, guan)
    }

    assert codes == {"chen": ["A", "B"], "li": ["A"], "guan": []}
    (first, _) = client_as(chen).get("/api/v1/institutions").json()
    assert (first["name"], first["commission"], first["class_level"]) == ("东城区第一人民医院", "P11", 2)


def test_a_record_without_its_date_is_refused_before_its_deadline_is_reckoned(li, client_as):
    values = {"area": "fire", "level": "general", "description": "Exit blocked"}

    answer = post(client_as(li), "/api/v1/registers/hazard/records", {"institution": "A", "values": values})

    assert problem(answer)[:2] == (422, "flow.E015")
    assert list(answer.json()["fields"]) == ["occurred_on"]
