"""Encrypted columns of all registers and evidence files, entered for the rotation of keys; imported once the models are loaded."""

from collections.abc import Iterable

from anlan.flow.evidence import FILES
from anlan.flow.spec import all_registers
from anlan.vault.fields import encrypted_fields
from anlan.vault.holdings import ColumnHolding, column_holding, enter


def _columns() -> Iterable[ColumnHolding]:
    return [column_holding(field) for spec in all_registers() for field in encrypted_fields(spec.model)]


enter("flow", _columns)
enter("flow files", lambda: (FILES,))
