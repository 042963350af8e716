"""No browser and no proxy keeps what is personal: whatever does not say that it is public is not stored."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

NO_STORE = "no-store"


class NoStoreMiddleware:
    """Sets `Cache-Control: no-store` on every answer that does not call itself public: pages, parts, files, errors, redirects.

    The log's tiles, its checkpoint and the static files call themselves public. An answer that sets a cookie never is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        said = answer.get("Cache-Control", "").lower().replace(" ", "").split(",")
        if "public" not in said or answer.cookies:
            answer["Cache-Control"] = NO_STORE
        return answer
