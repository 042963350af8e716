"""From the live tables to the Parquet lake, through Arrow: what a province keeps to score a million institutions.

Needs the extra `lake` (pyarrow and the ADBC drivers). Layout and order are those of `anlan.measures.lake`: by institution,
then by what a measure counts distinct, then by day.
"""

import datetime as dt
import importlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connection

from anlan.facts.schema import live_schema
from anlan.measures import catalogue
from anlan.measures.plan import make_plan
from anlan.measures.schema import Column, RegisterTable, Schema
from anlan.org.marks import SETTING, SYSTEM
from anlan.org.scope import acting_now

ROWS_PER_GROUP = 122_880
_EPOCH = dt.date(1970, 1, 1)


class LakeExtraMissing(LookupError):
    """The packages that write Parquet are not installed."""


def export_lake(folder: Path, *, progress: Callable[[str, int], None] | None = None) -> int:
    """Write every register's counted columns to Parquet, sorted by institution, and return the number of rows.

    A register that was exported before is replaced when its new files are complete.
    Raises: LakeExtraMissing, saying what to install.
    """
    adbc = _driver()
    folder.mkdir(parents=True, exist_ok=True)
    schema, rows = live_schema(), 0
    distinct = _counted_distinct(schema)
    with adbc.connect(_target()) as link, link.cursor() as cursor:
        _tell(cursor)
        institution = schema.institution
        names = ", ".join(f'"{column.name}"' for column in institution.columns)
        cursor.execute(f'SELECT "{institution.key}", {names} FROM "{institution.table}" ORDER BY 1')  # noqa: S608  (names of our own schema)
        _write(cursor.fetch_arrow_table(), folder / "institution.parquet")
        for register in schema.registers:
            table = _sorted(_typed(_read(cursor, register), register), register, distinct.get(register.code, ()))
            _write_years(table, register, folder)
            rows += table.num_rows
            if progress is not None:
                progress(register.code, table.num_rows)
    return rows


def _tell(cursor: Any) -> None:
    """Tell a connection of the driver's own who acts: without it row-level security shows it no row."""
    actor = acting_now()
    if connection.vendor == "postgresql" and actor is not None and actor.is_system:
        cursor.execute(f"SELECT set_config('{SETTING}', '{SYSTEM}', true)")  # the export is one transaction
        cursor.fetchall()


def _driver() -> Any:
    driver = "adbc_driver_sqlite" if connection.vendor == "sqlite" else "adbc_driver_postgresql"
    try:
        importlib.import_module("pyarrow")
        return importlib.import_module(f"{driver}.dbapi")
    except ImportError as error:
        raise LakeExtraMissing(
            "Writing the lake needs more packages: run `make lake`, or `pip install anlan[lake]`."
        ) from error


def _target() -> str:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"file:{settings['NAME']}?mode=ro"
    own = {name: settings[name.upper()] for name in ("user", "password", "host", "port") if settings[name.upper()]}
    own |= {name: value for name, value in settings["OPTIONS"].items() if isinstance(value, str)}
    return f"postgresql:///{quote(settings['NAME'], safe='')}?{urlencode(own, quote_via=quote)}"


def _columns(register: RegisterTable) -> tuple[Column, ...]:
    ended = (Column(name=register.ended, type="date"),) if register.is_standing else ()
    flags = (Column(name=register.counted, type="bool"),)
    base = (Column(name=register.institution, type="int"), Column(name=register.date, type="date"))
    return (*base, *ended, *flags, *(column for column in register.columns if column.name != "recorded_at"))


def _read(cursor: Any, register: RegisterTable) -> Any:
    names = ", ".join(f'"{column.name}"' for column in _columns(register))
    cursor.execute(f'SELECT {names} FROM "{register.table}" WHERE "{register.counted}"')  # noqa: S608
    return cursor.fetch_arrow_table()


def _counted_distinct(schema: Schema) -> dict[str, tuple[str, ...]]:
    """The columns that declared measures count distinct, by register: sorted by them, a lake is counted without hashing."""
    scans = make_plan(catalogue.all(), schema=schema).scans
    return {
        scan.register.code: tuple(dict.fromkeys(a.column for a in scan.aggregates if a.kind == "distinct"))
        for scan in scans
    }


def _sorted(table: Any, register: RegisterTable, distinct: tuple[str, ...]) -> Any:
    """Sorted here and not by the database, whose order of texts may be that of a language."""
    columns = (register.institution, *distinct, register.date)
    return table.sort_by([(column, "ascending") for column in columns])


def _typed(table: Any, register: RegisterTable) -> Any:
    """Give each column its Arrow type: SQLite hands dates over as text and flags as integers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = {
        "int": pa.int64(),
        "bool": pa.bool_(),
        "text": pa.string(),
        "date": pa.date32(),
        "decimal": pa.decimal128(14, 2),
    }
    arrays = []
    for column in _columns(register):
        values, target = table.column(column.name), types[column.type]
        if values.null_count == len(values):
            values = pa.nulls(len(values), target)  # SQLite calls a column without any value one of integers
        if column.type == "date" and pa.types.is_string(values.type):
            values = pc.strptime(values, format="%Y-%m-%d", unit="s")
        if column.type == "decimal" and not pa.types.is_decimal(values.type):
            values = values.cast(pa.string()) if pa.types.is_string(values.type) else values.cast(pa.float64())
        arrays.append(values.cast(target))
    return pa.table(dict(zip([column.name for column in _columns(register)], arrays, strict=True)))


def _write_years(table: Any, register: RegisterTable, folder: Path) -> None:
    """One folder per year of the record; the old folder goes when the new one is whole."""
    import pyarrow.compute as pc

    fresh, final = folder / f".{register.code}.new", folder / register.code
    shutil.rmtree(fresh, ignore_errors=True)
    years = pc.year(table.column(register.date))
    for year in sorted(pc.unique(years).to_pylist()) or [_EPOCH.year]:
        part = table.filter(pc.equal(years, year))
        target = fresh / f"year={year}"
        target.mkdir(parents=True)
        _write(part, target / "part-0.parquet")
    shutil.rmtree(final, ignore_errors=True)
    fresh.rename(final)


def _write(table: Any, file: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, file, compression="zstd", row_group_size=ROWS_PER_GROUP)
