"""All URLs: the staff screens at the root, the public pages at addresses of their own, the API below `/api/`."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("anlan.api.urls")),
    path("", include("anlan.portal.urls")),
    path("", include("anlan.web.urls")),
]
