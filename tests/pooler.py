"""PgBouncer in transaction mode before the server of the tests: two sessions for everybody, so that they are really shared."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

PORT = 6432
SETTINGS = """
[databases]
* = {server} user={user} password={password}
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
logfile = {folder}/pgbouncer.log
{more}
"""


@contextlib.contextmanager
def pooler(database: dict[str, Any], *, size: int = 2, more: str = "") -> Iterator[Path]:
    """Start a pooler for the server of a database, as the user of its socket, and yield the folder of the pooler's socket."""
    with tempfile.TemporaryDirectory(prefix="anlan-pooler-") as place:
        folder, where = Path(place), database["HOST"] or "127.0.0.1"
        owner = Path(where).stat().st_uid if where.startswith("/") and os.geteuid() == 0 else os.geteuid()
        server = f"host={where}" + (f" port={database['PORT']}" if database["PORT"] else "")
        login = {"user": database["USER"], "password": database["PASSWORD"] or "none"}
        text = SETTINGS.format(server=server, folder=folder, size=size, more=more, port=PORT, **login)
        (folder / "pgbouncer.ini").write_text(text)
        for path in (folder, folder / "pgbouncer.ini"):
            os.chown(path, owner, -1)
        process = waited_for([*as_user(owner), str(folder / "pgbouncer.ini")], folder)
        try:
            yield folder
        finally:
            process.terminate()
            process.wait(timeout=10)


def as_user(owner: int) -> list[str]:
    """Return the arguments with which root starts it as somebody else: it refuses to run as root."""
    return ["-u", pwd.getpwuid(owner).pw_name] if os.geteuid() == 0 else []


def waited_for(arguments: list[str], folder: Path) -> "subprocess.Popen[bytes]":
    """Start PgBouncer and return it when its socket is there. Without the program the test fails, and is not left out in silence."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.fail("pgbouncer is not installed. Run: POSTGRES=1 bash constraints/debian.sh")
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        if (folder / f".s.PGSQL.{PORT}").exists():
            return process
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    log = folder / "pgbouncer.log"
    pytest.fail(f"pgbouncer did not start: {log.read_text() if log.exists() else process.poll()}")


def through(folder: Path, tasks: list[Callable[[], Any]], *, threads: int) -> list[Any]:
    """Run tasks in threads whose connections lead through the pooler, and return what each returned or raised."""
    settings = connections.settings[connection.alias]
    direct = {name: settings[name] for name in ("HOST", "PORT")}
    settings.update(HOST=str(folder), PORT=str(PORT))
    gate = threading.Barrier(threads)
    try:
        with ThreadPoolExecutor(threads, initializer=_begin, initargs=(gate,)) as pool:
            done = [_said(future) for future in [pool.submit(task) for task in tasks]]
            for _ in range(threads):
                pool.submit(_end, gate)
    finally:
        settings.update(direct)
    return done


def _begin(gate: threading.Barrier) -> None:
    gate.wait()
    assert connection.settings_dict["PORT"] == str(PORT)


def _said(future: Future[Any]) -> Any:
    """What a task answered, or what it raised."""
    return future.exception() or future.result()


def _end(gate: threading.Barrier) -> None:
    connection.close()
    gate.wait(timeout=30)  # so that each thread does it once
