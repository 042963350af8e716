"""All URLs: the staff screens at the root, the API below `/api/`."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("anlan.api.urls")),
    path("", include("anlan.web.urls")),
]
