"""Making a backup while Anlan runs: database, keys and evidence; old backups and bytes that none needs any more go."""

import datetime as dt
import logging
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from anlan.vault.errors import VaultError
from anlan.vault.stream import Secret, make_secret, read_secret
from config.backup.database import Snapshot, snapshot
from config.backup.package import FILES, FORMAT, SUFFIX, Progress, keep_file, read_manifest, sha256_of, write_package
from config.backup.work import held, work_folder

NAME = "anlan-%Y%m%dT%H%M%SZ"
TRANSIENT = ("progress",)
LOCK = ".backup.lock"  # in the home
NAME_LENGTH = len("anlan-20261122T020000Z")
FORWARD = dt.timedelta(minutes=5)  # of the names of several backups in one second, and of a clock that is set right
_log = logging.getLogger("anlan.backup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made. `is_new_key` tells that its key was made now and has no copy yet."""

    file: Path
    size: int
    head: tuple[int, str, str]
    new_files: int
    files: int
    dropped: tuple[str, ...]
    is_new_key: bool
    seconds: float


def backup(
    folder: Path | None = None,
    *,
    now: dt.datetime | None = None,
    keep: int | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> Made:
    """Back up into a folder and drop what is older than the newest `keep`. A backup that fails leaves the earlier ones alone.

    One at a time, and `say` is told where it waits: each drops the bytes that no manifest names, and the other's is not written yet.
    """
    with held(settings.HOME.path / LOCK, say=say):
        return _backup(folder, began=now or timezone.now(), keep=keep, progress=progress)


def _backup(folder: Path | None, *, began: dt.datetime, keep: int | None, progress: Progress | None) -> Made:
    folder = folder or Path(settings.ANLAN_BACKUP_FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _drop_half(folder)
    key_file = Path(settings.ANLAN_BACKUP_KEY)
    is_new_key = make_secret(key_file)
    secret = read_secret(key_file)
    target = _free_name(folder, began)
    with work_folder("backup") as work:
        # The database first: a file is there before a row names it, so every file that the copied rows name is found.
        _copy_keys(work / "keys", key_file)
        shot = snapshot(work)
        _copy_keys(work / "keys", key_file)
        files, new = _keep_files(folder / FILES, secret, progress)
        # A rotation may have put files under a key that was made since; nothing else may be newer than the copied database.
        _copy_keys(work / "keys", key_file, root=Path(settings.ANLAN_FIELD_KEYS_FOLDER))
        keys = {
            f"keys/{file.relative_to(work / 'keys')}": file
            for file in sorted((work / "keys").rglob("*"))
            if file.is_file()
        }
        manifest = _manifest(shot, files, began, keys)
        members = {shot.file.name: shot.file, **keys}
        write_package(target, secret, cipher=settings.ANLAN_CIPHER, manifest=manifest, members=members)
    dropped = _drop_old(folder, secret, made=target, keep=settings.ANLAN_BACKUP_KEEP if keep is None else keep)
    return Made(
        file=target,
        size=target.stat().st_size,
        head=shot.head,
        new_files=new,
        files=len(files),
        dropped=dropped,
        is_new_key=is_new_key,
        seconds=(timezone.now() - began).total_seconds(),
    )


def newest_backup(folder: Path | None = None) -> dt.datetime | None:
    """Return when the newest whole backup was begun; null when there is none."""
    found = in_order(folder or Path(settings.ANLAN_BACKUP_FOLDER), now=timezone.now())
    if not found:
        return None
    return dt.datetime.strptime(found[-1].stem[:NAME_LENGTH], NAME).replace(tzinfo=dt.UTC)


def in_order(folder: Path, *, now: dt.datetime) -> list[Path]:
    """Return the backups of a folder, oldest first.

    One that is named by a time still to come was made while the clock was wrong. It counts as older than the others: as the newest
    it would be drilled and counted for years, and push out each that is made after it.
    """
    limit = (now + FORWARD).astimezone(dt.UTC).strftime(NAME)
    return sorted(folder.glob(f"anlan-*{SUFFIX}"), key=lambda file: (file.stem[:NAME_LENGTH] <= limit, file.name))


def _free_name(folder: Path, at: dt.datetime) -> Path:
    """Return the name of a backup begun at a moment; a second one in the same second waits for the next."""
    while (target := folder / (at.astimezone(dt.UTC).strftime(NAME) + SUFFIX)).exists():
        at += dt.timedelta(seconds=1)
    return target


def _keep_files(store: Path, secret: Secret, progress: Progress | None) -> tuple[list[dict[str, Any]], int]:
    """Keep evidence and sheets; return them as the manifest lists them, and how many were new."""
    root, salt, new = Path(settings.ANLAN_EVIDENCE_FOLDER), os.urandom(16), 0
    found = sorted(file for file in root.rglob("*") if file.is_file() and _lasts(file.relative_to(root)))
    listed = []
    for number, file in enumerate(found, start=1):
        try:
            digest, size, is_new = keep_file(file, store, secret, cipher=settings.ANLAN_CIPHER, stretch_salt=salt)
        except FileNotFoundError:  # destroyed, or a package that grew too old, since the folder was listed
            continue
        new += is_new
        listed.append({"path": str(file.relative_to(root)), "sha256": digest, "size": size})
        if progress is not None:
            progress(number, len(found))
    return listed, new


def _lasts(path: Path) -> bool:
    return not path.name.startswith(("incoming-", "tmp", ".")) and not set(path.parts) & set(TRANSIENT)


def _copy_keys(target: Path, key_file: Path, *, root: Path | None = None) -> None:
    """Copy what the key folder has and the copy has not, without the key that opens the backup.

    Called before and after the database is copied: a key that was made in between is needed, and what the folder remembers
    of the ledger (the newest cosigned checkpoint) must be no newer than the copied database. `root` limits it to a part.
    """
    keys = Path(settings.ANLAN_KEYS_FOLDER)
    for file in sorted((root or keys).rglob("*")):
        if not file.is_relative_to(keys):  # ANLAN_FIELD_KEYS_FOLDER is elsewhere only in tests
            continue
        copy = target / file.relative_to(keys)
        if file.is_file() and file.resolve() != key_file.resolve() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)


def _manifest(shot: Snapshot, files: list[dict[str, Any]], at: dt.datetime, keys: dict[str, Path]) -> dict[str, Any]:
    size, root, checkpoint = shot.head
    return {
        "format": FORMAT,
        "made_at": at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "database": {"kind": shot.kind, "file": shot.file.name, "sha256": sha256_of(shot.file)},
        "log_name": settings.ANLAN_LOG_NAME,
        "head": {"size": size, "root": root, "checkpoint": checkpoint},
        "counts": shot.counts,
        "files": files,
        "keys": sorted(keys),
    }


def _drop_half(folder: Path) -> None:
    """Delete what killed backups were writing: nobody else writes now, and nothing is under these names when it is whole."""
    for half in (*folder.glob("anlan-*.part"), *(folder / FILES).glob("??/*.part")):
        half.unlink(missing_ok=True)


def _drop_old(folder: Path, secret: Secret, *, made: Path, keep: int) -> tuple[str, ...]:
    """Delete the oldest backups beyond `keep`, then the kept bytes that no remaining manifest names.

    Never the one just made, whatever the clock says. While a manifest that remains cannot be read, all bytes stay.
    """
    every = [file for file in in_order(folder, now=timezone.now()) if file != made] + [made]
    old = every[:-keep] if keep > 0 else []
    if not old:
        return ()
    needed = _needed(every[len(old) :], secret)
    for file in old:
        file.unlink()
    for kept in (folder / FILES).glob("??/*"):
        if needed is not None and kept.name not in needed:
            kept.unlink()
    return tuple(file.name for file in old)


def _needed(backups: Sequence[Path], secret: Secret) -> Container[str] | None:
    """Return the hashes that backups name; null where one of them cannot be read."""
    needed: set[str] = set()
    for file in backups:
        try:
            needed |= {one["sha256"] for one in read_manifest(file, secret)["files"]}
        except (VaultError, EOFError, tarfile.TarError, zlib.error, OSError, ValueError, KeyError) as error:
            _log.error("BACKUP: %s cannot be read (%s). Drill it, and remove it.", file.name, type(error).__name__)
            return None
    return needed
