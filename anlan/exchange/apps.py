"""The Django app of files in and out; it registers the handlers of its jobs at start."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """No models of its own: an import is a `Batch` of the flow."""

    name = "anlan.exchange"
    label = "exchange"

    def ready(self) -> None:
        """Make the jobs known to the queue."""
        import anlan.exchange.archive.work
        import anlan.exchange.remains
        import anlan.exchange.work  # noqa: F401  (all register on import)
