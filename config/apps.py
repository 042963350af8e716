"""The app that joins engine and content at start: it loads the roles, measures and rubrics that the content declares."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Loads the content once Django's models are ready."""

    name = "config"
    label = "project"

    def ready(self) -> None:
        import anlan.flow.holdings
        import anlan.org.keys  # noqa: F401  (these enter on import)
        import config.backup.schedule  # noqa: F401
        from anlan.flow.drift import enter_stage
        from config.content import load
        from config.content_entries import drift_of_content

        load()
        enter_stage("content", drift_of_content)
