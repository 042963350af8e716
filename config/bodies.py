"""How large a request may be. What is larger would pass plain through the system's temporary folder, so it is refused unread."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from config.outage import PROBLEM, problem


class BodyLimitMiddleware:
    """Answers 413 to a request that says to be larger than what stays in memory. One that hides its length has no body here (WSGI)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        said = request.META.get("CONTENT_LENGTH") or ""
        if not said.isdecimal() or int(said) <= most:
            return self.get_response(request)
        message = _("A request may have %(most)d MB in all. Nothing was saved; send fewer files at a time.") % {
            "most": most // 2**20
        }
        if request.path.startswith("/api/"):
            return HttpResponse(problem("api.E413", message), status=413, content_type=PROBLEM)
        return HttpResponse(render_to_string("413.html", {"message": message}), status=413)
