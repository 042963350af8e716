"""The API object: its description, who may ask, what errors look like, and the routers of each subject."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError
from ninja.responses import NinjaJSONEncoder

from anlan.api import access, evidence, institutions, records, registers, rubrics, scores
from anlan.api.problems import Problem, answer, install
from anlan.api.session import StaffSession

DESCRIPTION = """\
Registers, their records and the scores that follow from them. Sign in through the staff screens; the session cookie
opens the API, and writes carry the CSRF token as `X-CSRFToken`. What is hidden from you answers 404, as if it did not
exist. Errors are `application/problem+json` with a stable `id`, a `message` in the language asked for, and `fields`.
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
        return HttpResponse(_description(), content_type="application/json")

    return guarded


def _description() -> str:
    return json.dumps(api.get_openapi_schema(), cls=NinjaJSONEncoder, ensure_ascii=False)


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
for part in (institutions, registers, records, evidence, access, rubrics, scores):
    api.add_router("", part.router)
