"""One migration operation that adds the same columns to many tables; called by migrations alone.

Django's AddField renders every related model anew for each column: 204 of them took nine tenths of the time in which a database is made.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.migrations.operations.base import Operation
from django.db.models import Field


class AddColumns(Operation):
    """Add nullable `columns` (by name) to each of the models of `model_names`, rendering the models once."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_names: Sequence[str], columns: Mapping[str, "Field[Any, Any]"]) -> None:
        self.model_names = tuple(name.lower() for name in model_names)
        self.columns = dict(columns)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Add the columns to the state, and reload what is rendered once."""
        for name in self.model_names:
            state.models[app_label, name].fields.update(
                {column: field.clone() for column, field in self.columns.items()}
            )
        state.reload_models([(app_label, name) for name in self.model_names], delay=True)

    def database_forwards(self, app_label: str, schema_editor: Any, _from_state: Any, to_state: Any) -> None:
        """Add each column to its table."""
        for model, field in self._each(app_label, schema_editor, to_state):
            schema_editor.add_field(model, field)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, _to_state: Any) -> None:
        """Take each column away again."""
        for model, field in self._each(app_label, schema_editor, from_state):
            schema_editor.remove_field(model, field)

    def describe(self) -> str:
        """Say what is added to how many tables."""
        return f"Add {', '.join(self.columns)} to {len(self.model_names)} tables"

    def _each(self, app_label: str, schema_editor: Any, state: Any) -> Iterator[tuple[Any, Any]]:
        for name in self.model_names:
            model = state.apps.get_model(app_label, name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                yield from ((model, model._meta.get_field(column)) for column in self.columns)
