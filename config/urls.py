"""All URLs: the staff screens at the root, the API below `/api/`."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("", include("anlan.web.urls"))]
