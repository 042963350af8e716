"""All URLs: the staff screens at the root, the public pages at addresses of their own, the API below `/api/`, and what watchers ask."""

from django.urls import URLPattern, URLResolver, include, path

from config import health, metrics

handler500 = "config.outage.failed"
urlpatterns: list[URLPattern | URLResolver] = [
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/", include("anlan.api.urls")),
    path("", include("anlan.portal.urls")),
    path("", include("anlan.web.urls")),
]
