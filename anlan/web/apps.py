"""The Django app of the staff screens."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, static files and tags of the staff screens; no models."""

    name = "anlan.web"
    label = "web"
