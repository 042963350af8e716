"""The app that joins engine and content at start: it loads the roles, measures and rubrics that the content declares."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Loads the content once Django's models are ready."""

    name = "config"
    label = "project"

    def ready(self) -> None:
        from config.content import load

        load()
