"""The API's addresses, below `/api/`. Strangers get a problem in JSON, never the way to the sign-in page."""

from django.urls import path

from anlan.api.application import api

_patterns, _app, _namespace = api.urls
for _pattern in _patterns:
    setattr(_pattern.callback, "login_required", False)  # noqa: B010  (a function's attribute); each operation asks for itself; see `anlan.api.session`

urlpatterns = [path("v1/", (_patterns, _app, _namespace))]
