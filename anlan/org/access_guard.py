"""The database's own refusal to change the access log: a row never changes, and none goes before 180 days have passed.

Migrations put the guards in place. They hold for whoever writes SQL by this application's account; only the owner of the
database can take them away, and then the digests in the ledger tell.
"""

CHANGED = "org.E083: the access log is only added to; a row is never changed."
EARLY = "org.E084: a row of the access log is kept for at least 180 days."

_SQLITE_PUT = (
    f"CREATE TRIGGER IF NOT EXISTS org_access_unchanged BEFORE UPDATE ON org_access "
    f"BEGIN SELECT RAISE(ABORT, '{CHANGED}'); END",
    f"CREATE TRIGGER IF NOT EXISTS org_access_kept BEFORE DELETE ON org_access "
    f"WHEN OLD.at > datetime('now', '-180 days') BEGIN SELECT RAISE(ABORT, '{EARLY}'); END",
)
_SQLITE_TAKE = ("DROP TRIGGER IF EXISTS org_access_unchanged", "DROP TRIGGER IF EXISTS org_access_kept")
_POSTGRES_PUT = (
    f"""
    CREATE OR REPLACE FUNCTION org_access_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN RAISE EXCEPTION '{CHANGED}'; END IF;
        IF OLD.at > now() - interval '180 days' THEN RAISE EXCEPTION '{EARLY}'; END IF;
        RETURN OLD;
    END $$
    """,
    "CREATE OR REPLACE TRIGGER org_access_kept BEFORE UPDATE OR DELETE ON org_access "
    "FOR EACH ROW EXECUTE FUNCTION org_access_guard()",
)
_POSTGRES_TAKE = (
    "DROP TRIGGER IF EXISTS org_access_kept ON org_access",
    "DROP FUNCTION IF EXISTS org_access_guard()",
)


def put(vendor: str) -> tuple[str, ...]:
    """Return the statements that put the guards in place on SQLite or PostgreSQL."""
    return _SQLITE_PUT if vendor == "sqlite" else _POSTGRES_PUT


def take(vendor: str) -> tuple[str, ...]:
    """Return the statements that take them away again: a migration back, and a test database that is emptied."""
    return _SQLITE_TAKE if vendor == "sqlite" else _POSTGRES_TAKE
