"""The API object: its description, who may ask, what errors look like, and the routers of each subject."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError
from ninja.responses import NinjaJSONEncoder

from anlan.api import access, evidence, institutions, receipts, records, registers, rubrics, scores, seals
from anlan.api.found import GoneSchema
from anlan.api.problems import Problem, ProblemSchema, answer, install
from anlan.api.session import StaffSession

DESCRIPTION = """\
Registers, their records and the scores that follow from them. Sign in through the staff screens; the session cookie
opens the API, and writes carry the CSRF token as `X-CSRFToken`. What is hidden from you answers 404, as if it did not
exist. A record that was lawfully erased answers 410 with its tombstone to those who could read it.
Errors are `application/problem+json` with a stable `id`, a `message` in the language asked for, and `fields`.
A write with an `Idempotency-Key` is carried out once, however often it is sent.
"""


def members_only(view: Any) -> Any:
    """Let only people who may use the API read its description."""

    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            if StaffSession()(request) is None:
                raise AuthenticationError
        except Problem as problem:
            return answer(problem)
        except AuthenticationError as error:
            return api.on_exception(request, error)
        return HttpResponse(description(), content_type="application/json")

    return guarded


def description() -> str:
    """Return the OpenAPI description as JSON text, every operation with the problems that it may answer."""
    schema: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), cls=NinjaJSONEncoder))
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = ProblemSchema.json_schema()
    gone = GoneSchema.model_json_schema(ref_template=_SCHEMAS + "{model}")
    schemas |= {**gone.pop("$defs"), "Gone": gone}
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            statuses = PROBLEMS if method == "get" else (*PROBLEMS, *PROBLEMS_OF_WRITES)
            for status, text in (*statuses, *PROBLEMS_OF_THE_SERVER):
                operation["responses"].setdefault(status, _problem(text))
            if "/records/{uid}" in path:
                operation["responses"]["410"] = _problem("The record was lawfully erased; its tombstone", "Gone")
    return json.dumps(schema, ensure_ascii=False)


_SCHEMAS = "#/components/schemas/"
PROBLEMS = (
    ("401", "Nobody is signed in"),
    ("403", "Not for this person, or the one-time password must be changed first"),
    ("404", "There is nothing here, or it is not for this person"),
    ("422", "Some values are not right; `fields` says which"),
)
PROBLEMS_OF_WRITES = (
    ("400", "The body cannot be read"),
    ("409", "The state, another write or an idempotency key stands against it"),
    ("413", "The request is too large"),
)
PROBLEMS_OF_THE_SERVER = (
    ("405", "The address does not take this method; the header `Allow` names those that it takes"),
    ("500", "A fault of the server; nothing was saved"),
    ("503", "A part of the server is away; `Retry-After` says when to try again"),
)


def _problem(text: str, name: str = "Problem") -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": _SCHEMAS + name}}}
    return {"description": text, "content": content}


api = NinjaAPI(
    title="Anlan 安澜",
    version="1",
    description=DESCRIPTION,
    docs_url=None,  # the page would load its scripts from elsewhere
    openapi_url="/openapi.json",
    docs_decorator=members_only,
    auth=StaffSession(),
    urls_namespace="api",
)
install(api)
for part in (institutions, registers, records, receipts, evidence, access, rubrics, scores, seals):
    api.add_router("", part.router)
