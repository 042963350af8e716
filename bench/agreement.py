"""That all engines found the same: the checksum that the report shows, and a comparison of every row and column."""

from __future__ import annotations

from pathlib import Path

import duckdb

from bench.one import target_of
from bench.rubric import CATEGORIES, COLUMNS


class Disagreement(AssertionError):
    """Two engines gave different results; nothing is timed."""


def relation(name: str, institutions: int) -> str:
    """Return the SQL of an engine's deliverable under the common column names."""
    target = target_of(name, institutions)
    if not name.startswith("anlan"):
        return f"SELECT institution_id, {', '.join(COLUMNS.values())} FROM read_parquet('{target}')"
    columns = ", ".join(f'"{ours}" AS {column}' for ours, column in COLUMNS.items())
    return f"SELECT institution_id, {columns} FROM read_parquet('{Path(target)}/*.parquet')"


def checksum(name: str, institutions: int) -> tuple[int, ...]:
    """Return the number of institutions, the sum of each category's points, and the sum of id × raw score."""
    sums = ", ".join(f"sum({category.lower()})::BIGINT" for category in CATEGORIES)
    query = (
        f"SELECT count(*), {sums}, sum(institution_id::HUGEINT * raw)::HUGEINT FROM ({relation(name, institutions)})"
    )
    return tuple(int(value) for value in duckdb.sql(query).fetchall()[0])


def check_equal(names: list[str], institutions: int) -> tuple[int, ...]:
    """Refuse engines that disagree on any rule of any institution, and return the common checksum.

    Raises: Disagreement, naming the engine, the first institutions and the columns.
    """
    first, *others = names
    expected = checksum(first, institutions)
    print(f"  checksum {' '.join(map(str, expected))}")
    for other in others:
        columns = [
            column
            for column in COLUMNS.values()
            if duckdb.sql(
                f"SELECT count(*) FROM ({relation(first, institutions)}) AS a FULL JOIN ({relation(other, institutions)}) AS b "
                f"USING (institution_id) WHERE a.{column} IS DISTINCT FROM b.{column}"
            ).fetchall()[0][0]
        ] if checksum(other, institutions) != expected or institutions <= 10_000 else []  # fmt: skip
        if columns or checksum(other, institutions) != expected:
            raise Disagreement(f"{other} and {first} differ in {', '.join(columns)} on {institutions} institutions.")
    return expected
