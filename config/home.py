"""The one folder that holds all state: database, evidence, keys, lake, logs. Settings and the command line use it."""

import contextlib
import datetime as dt
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

PRIVATE_UMASK = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The folders of one installation, all below `path`."""

    path: Path

    @classmethod
    def from_environment(cls, root: Path) -> "Home":
        """Return the home named by `ANLAN_HOME`, or `var` beside the code; its folders exist afterwards, for their owner only.

        From here on the process makes files that only its owner reads. Raises: ValueError where the folder is the system's own.
        """
        os.umask(PRIVATE_UMASK)
        home = cls(path=Path(os.environ.get("ANLAN_HOME") or root / "var").resolve())
        if home.path == Path("/") or (home.path.exists() and home.path.stat().st_mode & stat.S_ISVTX):
            raise ValueError(
                f"ANLAN_HOME is {home.path}, a folder of the system. Name a folder of Anlan's own below it."
            )
        for folder in (home.path, home.keys, home.evidence, home.lake, home.logs, home.static, home.spool):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (home.path, home.keys, home.spool):
            with contextlib.suppress(PermissionError):  # another's folder: `close_to_others` says so at the start
                folder.chmod(0o700)
        return home

    def close_to_others(self, *more: Path) -> int:
        """Take every right of others from the home, and from `more` files with what SQLite keeps beside them; return how many had one.

        Links are left alone, but for the one that leads to a database on another disk. Raises: OSError, naming the file, where it
        cannot be done: data that others may read are not served.
        """
        databases = [file.resolve() for file in (self.database, *more)]
        beside = [Path(f"{file}{end}") for file in databases for end in ("", "-wal", "-shm", "-journal")]
        folders = (self.keys, self.evidence, self.lake, self.logs, self.static, self.spool, self.path / "backups")
        inside = (
            Path(place) / name for top in folders for place, dirs, files in os.walk(top) for name in (*dirs, *files)
        )
        own = (self.path, self.path / "accounts.txt", *folders, *beside)
        return sum(_close(file) for file in (*own, *inside))

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def evidence(self) -> Path:
        return self.path / "evidence"

    @property
    def lake(self) -> Path:
        return self.path / "lake"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def static(self) -> Path:
        return self.path / "static"

    @property
    def spool(self) -> Path:
        return self.path / "spool"

    @property
    def database(self) -> Path:
        return self.path / "anlan.sqlite3"

    def secret_key(self) -> str:
        """Return the signing key of this installation; it is made once and is readable by its owner only."""
        file = self.keys / "django-secret"
        if not file.exists():
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(secrets.token_urlsafe(64))
        return file.read_text(encoding="ascii")


def _close(file: Path) -> bool:
    """Take the rights of group and others from a file or folder; tell whether they had any."""
    try:
        mode = file.lstat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(mode) or not mode & 0o077:
        return False
    file.chmod(stat.S_IMODE(mode) & ~0o077)
    return True


def database_from_url(url: str, home: Home) -> dict[str, Any]:
    """Return Django's settings for a database URL; an empty URL means the SQLite file of the home.

    A PostgreSQL URL may name several servers: `postgresql:///anlan?host=db1,db2&port=5432,5432&target_session_attrs=read-write`.
    Raises: ValueError, naming the scheme, for anything but `sqlite://` and `postgresql://`; naming an option that is unknown.
    """
    if not url or url.startswith("sqlite"):
        name = unquote(urlparse(url).path) if url else str(home.database)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
                "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456; "
                # what was erased or replaced leaves no bytes behind in the file
                "PRAGMA secure_delete=ON",
            },
        }
    parts = urlparse(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(
            f'ANLAN_DATABASE_URL starts with "{parts.scheme}"; use sqlite:///path or postgresql://user@host/name.'
        )
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if unknown := sorted(query.keys() - {"host", "port"} - set(_OPTIONS)):
        known = ", ".join(("host", "port", *_OPTIONS))
        raise ValueError(f"ANLAN_DATABASE_URL has the unknown option {', '.join(unknown)}; it takes {known}.")
    return {
        "ENGINE": "anlan.org.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", "") or unquote(parts.hostname or ""),
        "PORT": query.get("port", "") or str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {name: query[name] for name in _OPTIONS if name in query},
    }


def whole_number(name: str, text: str) -> int:
    """Return the number that a variable of the environment holds. Raises: ValueError, naming the variable."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'{name} is "{text}"; write a whole number, 0 or more.')
    return int(text)


def listening(name: str, text: str) -> tuple[str, int] | None:
    """Return the address and port that a variable of the environment holds, such as 127.0.0.1:9464; null for none.

    Raises: ValueError, naming the variable.
    """
    if not text:
        return None
    host, _colon, port = text.rpartition(":")
    host = host.strip("[]")
    if host and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
        return host, int(port)
    raise ValueError(f'{name} is "{text}"; write an address and a port, for example 127.0.0.1:9464 or [::1]:9464.')


def time_of_day(name: str, text: str) -> dt.time | None:
    """Return the time, such as 02:30, that a variable of the environment holds; null for none. Raises: ValueError, naming it."""
    if not text:
        return None
    with contextlib.suppress(ValueError):
        time = dt.time.fromisoformat(text)
        if time.tzinfo is None:  # the time here; one of another zone cannot be compared with it
            return time
    raise ValueError(f'{name} is "{text}"; write a time of day like 02:30.')


# What libpq takes and an installation may need: several hosts with a primary among them, encryption, patience.
_OPTIONS = (
    "target_session_attrs",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "connect_timeout",
    "application_name",
)
