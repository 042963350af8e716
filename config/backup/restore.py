"""Restoring a backup into another home, and the drill: restore into a temporary place, prove it, and clean up."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from anlan.vault.stream import Secret, read_secret
from config.backup.copies import Copy, copy_database, drop_left_copies
from config.backup.database import restore_postgres, restore_sqlite
from config.backup.errors import BackupError
from config.backup.make import in_order
from config.backup.package import FILES, FORMAT, sha256_of, take_file, unpack
from config.backup.work import LOCK, held, left_drafts, work_folder
from config.home import Home, database_from_url

BACKUP_KEY = "backup.key"
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a restored installation says of itself, against the manifest. `faults` is empty when everything holds."""

    head: tuple[int, str]
    entries: int
    rows: int
    files: int
    faults: tuple[str, ...]
    seconds: float
    made_at: dt.datetime


def newest_file(folder: Path) -> Path:
    """Return the newest backup in a folder. Raises: BackupError when there is none."""
    found = in_order(folder, now=timezone.now())
    if not found:
        raise BackupError("backup.E003", f"There is no backup in {folder}. `anlan backup` makes one.")
    return found[-1]


def restore(file: Path, home: Path, *, database_url: str = "", key: Path | None = None) -> dict[str, Any]:
    """Restore a backup into a home that is empty or does not exist, and return its manifest.

    A backup of PostgreSQL goes into the empty database of `database_url`. Everything is unpacked beside the home first; the home
    appears when it is whole. Raises: BackupError, BrokenSeal, KeyMissing.
    """
    if home.exists() and not _is_unused(home):
        raise BackupError("backup.E004", f"{home} is not empty. Restore into a new folder, then start Anlan with it.")
    key = key or Path(settings.ANLAN_BACKUP_KEY)
    secret = read_secret(key)
    home.parent.mkdir(parents=True, exist_ok=True)
    for left in left_drafts(home):
        shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    try:
        with held(draft / LOCK):
            manifest = _fill(draft, file, secret, database_url)
            _copy_key(key, draft / "keys" / BACKUP_KEY)
            shutil.rmtree(home, ignore_errors=True)
            draft.rename(home)
        (home / LOCK).unlink()
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return manifest


def _is_unused(home: Path) -> bool:
    """Tell whether a home holds nothing but what the command line makes by starting."""
    files = {str(file.relative_to(home)) for file in home.rglob("*") if file.is_file()}
    return files <= {"keys/django-secret", "logs/anlan.log", f"keys/{BACKUP_KEY}"}


def _copy_key(key: Path, target: Path) -> None:
    """Let the restored home make its backups with the key that opened this one."""
    target.write_bytes(key.read_bytes())
    target.chmod(0o600)


def _fill(home: Path, file: Path, secret: Secret, database_url: str) -> dict[str, Any]:
    manifest = unpack(file, secret, home)
    if manifest.get("format") != FORMAT:
        raise BackupError("backup.E005", f"{file} is no backup that this release can read.")
    database = home / manifest["database"]["file"]
    if sha256_of(database) != manifest["database"]["sha256"]:
        raise BackupError("backup.E006", f"The database in {file} is not the one that the manifest names.")
    (home / "keys").chmod(0o700)
    for one in manifest["files"]:
        target = home / "evidence" / one["path"]
        if not take_file(file.parent / FILES, one["sha256"], secret, target):
            raise BackupError("backup.E007", f"The bytes kept for {one['path']} have another hash.")
    if manifest["database"]["kind"] == "sqlite":
        restore_sqlite(database, home)
    else:
        if not database_url:
            raise BackupError(
                "backup.E008", "This is a backup of PostgreSQL: name an empty database with --database-url."
            )
        restore_postgres(database, database_from_url(database_url, Home(path=home)))
        database.unlink()
    (home / "manifest.json").rename(home / "restored.json")
    return manifest


def drill(file: Path, *, key: Path | None = None) -> Proof:
    """Restore a backup into a temporary place, prove it there in a process of its own, and remove it again."""
    began = time.monotonic()
    is_postgres = connection.vendor == "postgresql"
    if is_postgres:
        drop_left_copies()
    with work_folder("drill") as work, copy_database() if is_postgres else nullcontext(Copy(url="")) as copy:
        manifest = restore(file, work / "home", database_url=copy.url, key=key)
        said = _prove(work / "home", copy.url)
    return Proof(
        head=(said["head"][0], said["head"][1]),
        entries=manifest["counts"].get("ledger_entry", 0),
        rows=sum(manifest["counts"].values()),
        files=len(manifest["files"]),
        faults=(*_faults(manifest, said), *([copy.left] if copy.left else [])),
        seconds=time.monotonic() - began,
        made_at=dt.datetime.fromisoformat(manifest["made_at"]),
    )


def _prove(home: Path, url: str) -> dict[str, Any]:
    """Ask the restored installation, in a process that knows nothing else."""
    passed = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANLAN_", "DJANGO_", "PYTEST_"))
    }
    own = {
        "ANLAN_HOME": str(home),
        "ANLAN_DATABASE_URL": url,
        "ANLAN_LOG_NAME": settings.ANLAN_LOG_NAME,
        "ANLAN_TREE_HASH": settings.ANLAN_TREE_HASH,
        "ANLAN_KEY_COMMAND": settings.ANLAN_KEY_COMMAND,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "config.backup.prove"],
        env={**passed, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise BackupError("backup.E009", f"The restored installation does not start: {said[0]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _faults(manifest: dict[str, Any], said: dict[str, Any]) -> list[str]:
    head = manifest["head"]
    faults = list(said["faults"])
    if [head["size"], head["root"], head["checkpoint"]] != said["head"]:
        faults.append(f"the newest tree head is {said['head'][0]} {said['head'][1]}, not {head['size']} {head['root']}")
    for table, count in manifest["counts"].items():
        if said["counts"].get(table) != count:
            faults.append(f"{table} has {said['counts'].get(table)} rows, not {count}")
    return faults
