"""Recomputing a sealed score from its package: rows by replay into a database in memory, then the same measures and edition.

Nothing of the operator's database is read, and nothing of this installation's content: rubric, law, measures and tables come
from what was sealed.
"""

from __future__ import annotations

import datetime
import posixpath
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from anlan.assessment.load import load_rubric
from anlan.assessment.rubric import Rubric
from anlan.assessment.score import score_institutions
from anlan.assessment.seal_format import BadSeal, Json
from anlan.assessment.seal_times import limits_as_sealed, with_times
from anlan.assessment.sheet import Sheet
from anlan.flow.replay import Replayed
from anlan.measures.engines import SqlConnection
from anlan.measures.jsonform import catalogue_from, from_data
from anlan.measures.schema import ColumnType, InstitutionTable, RegisterTable, Schema

_KEY = 1  # the one institution of the database in memory
_TYPES: Mapping[ColumnType, str] = {
    "int": "integer", "bool": "bool", "text": "text", "date": "text", "decimal": "decimal",
}  # fmt: skip


def recompute(
    score: Json, files: Mapping[str, bytes], records: Mapping[str, Replayed], *, attributes: Mapping[str, Any]
) -> Sheet:
    """Return the sheet that the sealed rubric and measures give for the replayed records and the institution's attributes.

    ``records`` maps receipts (hex) to what their entries tell.
    Raises: BadSeal; RubricError and others of the assessment and measures rooms.
    """
    schema = _schema(score)
    with (
        closing(sqlite3.connect(":memory:")) as database,
        limits_as_sealed(score),
        sealed_rubric(score, files) as rubric,
    ):
        _fill_institution(database, schema.institution, attributes)
        for table in schema.registers:
            chosen = [told for told in records.values() if told.first.get("register") == table.code]
            _fill(database, table, chosen, score)
        scores = score_institutions(
            rubric.value,
            year=score["year"],
            as_of=datetime.date.fromisoformat(score["as_of"]),
            engine=SqlConnection(database.cursor, dialect="sqlite"),
            institutions=(_KEY,),
            schema=schema,
            measures=catalogue_from(score["measures"]),
        )
    return scores.sheet(_KEY)


class sealed_rubric:  # noqa: N801  a context manager, read as a verb
    """Gives the edition as `value`, loaded from the sealed files in a folder that goes with the block."""

    def __init__(self, score: Json, files: Mapping[str, bytes]) -> None:
        self._score, self._files = score, files
        self._folder = tempfile.TemporaryDirectory(prefix="anlan-seal-")
        self.value: Rubric

    def __enter__(self) -> sealed_rubric:
        root = Path(self._folder.name)
        for name, body in self._files.items():
            if posixpath.normpath(name) != name or name.startswith(("/", "..")):
                raise BadSeal(f'The seal names the file "{name}", which leads out of its folder.')
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
        rubric = self._score["rubric"]
        self.value = load_rubric(root / rubric["file"], readings=rubric["readings"])
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def _schema(score: Json) -> Schema:
    schema = from_data(score["tables"]["schema"])
    if not isinstance(schema, Schema):
        raise BadSeal("The tables of the seal are no schema.")
    return schema


def _fill_institution(database: sqlite3.Connection, table: InstitutionTable, attributes: Mapping[str, Any]) -> None:
    columns = [(table.key, "int"), *((column.name, column.type) for column in table.columns)]
    _create(database, table.table, columns)
    row = {table.key: _KEY, **attributes}
    _insert(database, table.table, columns, [row])


def _fill(database: sqlite3.Connection, table: RegisterTable, told: Sequence[Replayed], score: Json) -> None:
    blank = frozenset(score["tables"]["blank"].get(table.code, ()))
    kept = score.get("times", {}).get("registers", {}).get(table.code)
    columns: list[tuple[str, ColumnType]] = [(table.institution, "int"), (table.date, "date")]
    columns += [(table.ended, "date")] if table.is_standing else []
    columns += [(table.counted, "bool")] if table.counted else []
    known = {name for name, _ in columns}
    columns += [(column.name, column.type) for column in table.columns if column.name not in known]
    _create(database, table.table, columns)
    rows = [_row(one, table, number, blank) for number, one in enumerate(told, start=1)]
    _insert(database, table.table, columns, with_times(rows, told, kept))


def _row(told: Replayed, table: RegisterTable, number: int, blank: frozenset[str]) -> dict[str, Any]:
    """What the row says: columns that no entry names are null, or empty text where the table knows no null."""
    empty = dict.fromkeys(blank, "")
    header = {"recorded_at": told.first.get("recorded_at"), table.institution: _KEY}
    return {"id": number, **empty, **told.values, **header}


def _create(database: sqlite3.Connection, name: str, columns: Iterable[tuple[str, ColumnType]]) -> None:
    declared = ", ".join(f'"{_name(column)}" {_TYPES[kind]}' for column, kind in columns)
    database.execute(f'CREATE TABLE "{_name(name)}" ({declared})')


def _insert(
    database: sqlite3.Connection,
    name: str,
    columns: Iterable[tuple[str, ColumnType]],
    rows: Iterable[Mapping[str, Any]],
) -> None:
    listed = list(columns)
    places = ", ".join("?" * len(listed))
    values = [[_stored(row.get(column), kind) for column, kind in listed] for row in rows]
    database.executemany(f'INSERT INTO "{_name(name)}" VALUES ({places})', values)  # noqa: S608  checked by `_name`


def _name(name: str) -> str:
    if not name.isidentifier():
        raise BadSeal(f'"{name}" cannot name a table or column.')
    return name


def _stored(value: Any, kind: ColumnType) -> Any:
    """Return a JSON value as Django keeps it in SQLite: flags as numbers, times in UTC without their zone."""
    if isinstance(value, bool):
        return int(value)
    if kind == "date" and isinstance(value, str) and "T" in value:
        return str(datetime.datetime.fromisoformat(value).astimezone(datetime.UTC).replace(tzinfo=None))
    return value if value is None or isinstance(value, int | str) else str(value)
