"""What leaves below `/api/` is JSON, errors that no operation words included; and nothing personal is kept by a browser or a proxy."""

import json

import pytest

from anlan.api.application import description

pytestmark = pytest.mark.database


@pytest.mark.parametrize("where", ["/api", "/api/", "/api/v1/nothing", "/api/v2/", "/api/v1/institutions/"])
@pytest.mark.parametrize("method", ["get", "post", "head", "options"])
def test_an_unknown_address_answers_a_problem(world, li, client_as, where, method):
    for client in (client_as(li), client_as(None)):
        answer = getattr(client, method)(where)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        if method != "head":
            assert answer.json()["id"] == "api.E001"


@pytest.mark.parametrize("method", ["delete", "options", "put"])
def test_a_wrong_method_answers_a_problem_that_names_the_right_ones(world, li, client_as, method):
    answer = getattr(client_as(li), method)("/api/v1/institutions")
    assert (answer.status_code, answer.json()["id"], answer["Allow"]) == (405, "api.E405", "GET")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", ["{", "\x00", "[1"])
def test_a_body_that_is_no_json_answers_a_problem(world, li, client_as, body):
    answer = client_as(li).post("/api/v1/registers/key_place/records", body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["id"] == "api.E005"


def test_a_host_that_is_not_ours_answers_a_problem(world, li, client_as):
    answer = client_as(li).get("/api/v1/institutions", headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["id"]) == (400, "api.E005")


def test_every_error_of_every_operation_is_described_as_a_problem():
    paths = json.loads(description())["paths"]
    for path, item in paths.items():
        for method, operation in item.items():
            errors = {status: one for status, one in operation["responses"].items() if int(status) >= 400}
            assert {"401", "403", "404", "405", "422", "500", "503"} <= set(errors), (method, path)
            assert {tuple(one["content"]) for one in errors.values()} == {("application/problem+json",)}, (method, path)


def test_every_answer_names_the_types_that_it_sends():
    paths = json.loads(description())["paths"]
    for path, item in paths.items():
        for method, operation in item.items():
            good = {status: one for status, one in operation["responses"].items() if int(status) < 300}
            assert good, (method, path)
            assert all(one.get("content") for one in good.values()), (method, path)
    files = paths["/api/v1/records/{uid}/evidence/{file}"]["get"]["responses"]["200"]["content"]
    assert sorted(files) == [
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "image/jpeg",
        "image/png",
    ]


@pytest.mark.parametrize(
    "where", ["/", "/sign-in/", "/account/", "/nothing/", "/api/v1/institutions", "/api/v1/nothing", "/receipt/"]
)
def test_nothing_personal_is_stored(world, li, client_as, where):
    for client in (client_as(li), client_as(None)):
        assert client.get(where)["Cache-Control"] == "no-store"
