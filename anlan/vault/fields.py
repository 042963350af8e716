"""Encrypted columns of a model that has a `uid`: text in memory, ciphertext in the database, opened when it is read.

A row carries its ciphertext until somebody asks for the value, so a list that does not show the column does not open it. Only the
whole value can be looked up, and only where the column is `searchable`. `Model.save` and `bulk_create` encrypt; `QuerySet.update`
takes what `for_update` returns and refuses plain text. `values()` and `values_list()` give ciphertext; `opened` reads it.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.lookups import Exact, In
from django.db.models.query_utils import DeferredAttribute

from anlan.vault.cipher import FORMAT, key_id_of, place
from anlan.vault.errors import BrokenSeal, VaultError
from anlan.vault.ring import SILENT, ring

PLAIN_TEXT = "vault.E008"


class Ciphertext(str):
    """A value as it is stored."""

    __slots__ = ()


class _Opening(DeferredAttribute):
    """Opens a column's value at the first reading and remembers it."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, Ciphertext):
            field: Any = self.field
            value = instance.__dict__[field.attname] = field.opened(value, instance.uid)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedColumn(models.Field):  # type: ignore[type-arg]
    """What both types of encrypted column share. Mix it in before the plain type."""

    is_encrypted = True
    descriptor_class = _Opening

    def __init__(self, *args: Any, searchable: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.searchable = searchable

    def deconstruct(self) -> Any:
        """Return what a migration writes down."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, **({"searchable": True} if self.searchable else {})}

    def db_type(self, connection: Any) -> str:
        """Return the database's text: a ciphertext is longer than what it says."""
        return str(connection.data_types["TextField"])

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        """Mark what is read as ciphertext."""
        return Ciphertext(value) if value else value

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Return what is stored of a record's value."""
        return self.encrypted(instance.__dict__.get(self.attname), instance.uid)

    def get_prep_value(self, value: Any) -> Any:
        """Let nothing but ciphertext and emptiness through. Raises: VaultError."""
        if not value or isinstance(value, Ciphertext):
            return str(value) if value else value
        raise VaultError(
            "vault.E007",
            f"{self._column} is encrypted and was to be written as plain text. Save the record, or pass `for_update`'s values.",
        )

    def encrypted(self, value: str | None, uid: UUID) -> str | None:
        """Return the stored form of a value; nothing and the empty text stay what they are."""
        if not value or isinstance(value, Ciphertext):
            return value
        key = ring().current()
        blind = key.blind(value, column=self._column) if self.searchable else ""
        return Ciphertext(key.encrypt(value.encode(), place=self._place(uid), blind=blind))

    def opened(self, stored: str | None, uid: UUID) -> str | None:
        """Return the value behind a stored form. Raises: KeyMissing, BrokenSeal."""
        if not stored:
            return stored
        key_id = key_id_of(stored)
        if not key_id:
            raise VaultError(
                PLAIN_TEXT,
                f"{self._column} of row {uid} holds plain text, though the column is encrypted: it was written around Anlan.",
            )
        return ring().get(key_id).open(stored, place=self._place(uid)).decode()

    def prefixes(self, value: str) -> tuple[str, ...]:
        """Return how the stored forms of a value may begin, one beginning for each key in use."""
        if not self.searchable:
            raise VaultError("vault.E009", f"{self._column} is encrypted and not searchable.")
        return tuple(f"{FORMAT}:{key.id}:{key.blind(value, column=self._column)}:" for key in ring().every())

    def get_lookup(self, lookup_name: str) -> Any:
        """Return the look-ups of the whole value; there are no others, so Django refuses them loudly."""
        return super().get_lookup(lookup_name) if lookup_name in ("exact", "in", "isnull") else None

    @property
    def _column(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def _place(self, uid: UUID) -> str:
        return place(self.model._meta.db_table, str(self.column), uid.hex)


class EncryptedCharField(EncryptedColumn, models.CharField):  # type: ignore[type-arg]
    """A line of text, at most `max_length` characters before it is encrypted."""


class EncryptedTextField(EncryptedColumn, models.TextField):  # type: ignore[type-arg]
    """Several lines of text."""


class _Whole:
    """Turns a look-up of whole values into comparisons with the beginnings that their stored forms have."""

    prepare_rhs = False
    lhs: Any
    rhs: Any

    def _sought(self) -> list[str]:
        return [self.rhs] if isinstance(self.rhs, str) else list(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the condition. The empty text is stored as it is and compared as it is."""
        column, params = compiler.compile(self.lhs)
        parts: list[str] = []
        given: list[Any] = []
        for value in self._sought():
            if value == "":
                parts.append(f"{column} = ''")
                given += params
                continue
            for start in self.lhs.output_field.prefixes(value):
                parts.append(f"{column} LIKE %s")  # only hex digits, colons and dashes: nothing to escape
                given += [*params, f"{start}%"]
        return (f"({' OR '.join(parts)})" if parts else "1 = 0"), given


@EncryptedColumn.register_lookup
class _WholeExact(_Whole, Exact):  # type: ignore[misc]
    """Equal to a value."""


@EncryptedColumn.register_lookup
class _WholeIn(_Whole, In):  # type: ignore[misc]
    """Equal to one of several values."""


def encrypted_fields(model: type[models.Model]) -> "tuple[EncryptedColumn, ...]":
    """Return the encrypted columns of a model."""
    return tuple(field for field in model._meta.concrete_fields if isinstance(field, EncryptedColumn))


def for_update(record: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return a record's columns as `QuerySet.update` takes them: plain ones as they are, encrypted ones encrypted."""
    values = {}
    for name in names:
        field = record._meta.get_field(name)
        values[name] = (
            field.pre_save(record, add=False) if isinstance(field, EncryptedColumn) else getattr(record, name)
        )
    return values


def opened(model: type[models.Model], name: str, stored: Any, uid: UUID) -> Any:
    """Return a value that `values_list` gave: opened where the column is encrypted, else as it is."""
    field = model._meta.get_field(name)
    return field.opened(stored, uid) if isinstance(field, EncryptedColumn) else stored


def opened_row(model: type[models.Model], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `values()`, with its uid, with the encrypted columns opened. For whoever compares rows with what they should be.

    What does not open, also since no ring has its key, stays as it is stored, and plain text where there should be ciphertext is marked:
    both then differ from anything that was ever recorded. Raises: KeyMissing when no key at all can be had.
    """
    values = dict(row)
    for name, stored in row.items():
        if isinstance(stored, Ciphertext):
            try:
                values[name] = opened(model, name, stored, row["uid"])
            except BrokenSeal:
                values[name] = str(stored)
            except VaultError as error:
                if error.code == SILENT:
                    raise
                values[name] = f"(not encrypted) {stored}" if error.code == PLAIN_TEXT else str(stored)
    return values
