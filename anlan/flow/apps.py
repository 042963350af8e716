"""The Django app of the flow; after every migration it puts the row-level policies of the tables in place."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class FlowConfig(AppConfig):
    """Registers, evidence, imports, numbers."""

    name = "anlan.flow"
    label = "flow"

    def ready(self) -> None:
        """Listen to migrations, whichever app they belong to: a new register gets its policy with its table."""
        from anlan.flow.rowsecurity import migrating, secure

        pre_migrate.connect(migrating, dispatch_uid="anlan.migrating")
        post_migrate.connect(secure, dispatch_uid="anlan.secure")
