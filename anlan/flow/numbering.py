"""Numbers of records: prefix, year, running number within register and institution. Gaps never occur; a number is never given twice."""

from django.db import connection

from anlan.flow.models import Counter

_TABLE = Counter._meta.db_table
# One statement: the ORM would need a look-up, a lock and a write.
_TAKE = (
    f"INSERT INTO {_TABLE} (institution_id, register, year, last) VALUES (%s, %s, %s, %s) "  # noqa: S608  (our own table)
    f"ON CONFLICT (institution_id, register, year) DO UPDATE SET last = {_TABLE}.last + excluded.last RETURNING last"
)


def take_numbers(institution_id: int, register: str, year: int, count: int) -> int:
    """Reserve `count` numbers within the caller's transaction and return the last of them."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [institution_id, register, year, count])
        return int(cursor.fetchone()[0])


def format_number(prefix: str, year: int, number: int) -> str:
    """Return for example `HZ-2025-0042`."""
    return f"{prefix}-{year}-{number:04d}"
