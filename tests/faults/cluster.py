"""A PostgreSQL cluster of Debian's packages on this machine: etcd, and two nodes under Patroni with synchronous replication."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import yaml

NODES = ("one", "two")
WAIT_SECONDS = 240


def missing_programs() -> str:
    """Return what a cluster needs and is not there; empty when all is."""
    wanted = [name for name in ("etcd", "patroni") if shutil.which(name) is None]
    return ", ".join(wanted + ([] if _binaries() else ["postgresql-15"]))


def _binaries() -> str:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return str(found[-1].parent) if found else ""


@dataclass
class Cluster:
    """Nodes by name. All of it lives in one folder and ends with the block of `running`."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    @classmethod
    @contextlib.contextmanager
    def running(cls, folder: Path) -> "Iterator[Cluster]":
        """Start etcd and the nodes, and wait for a primary with a synchronous standby."""
        cluster = cls(folder=folder)
        try:
            cluster._start_etcd()
            for node in NODES:
                cluster.ports[node], cluster.ports[f"{node}-api"] = _free_port(), _free_port()
                cluster._configure(node)
            for node in NODES:
                cluster.start(node)
                if node == NODES[0]:
                    cluster.wait_for("a primary", lambda: bool(cluster.primary()))
            cluster.wait_until_safe()
            cluster._make_database()
            yield cluster
        finally:
            for name in list(cluster.processes):
                cluster.kill(name)

    @property
    def url(self) -> str:
        """The database URL that names both nodes and picks the one that takes writes, for a role that row-level security holds."""
        return self._url("anlan", "anlan")

    def _url(self, role: str, database: str) -> str:
        ports = ",".join(str(self.ports[node]) for node in NODES)
        return (
            f"postgresql://{role}:secret@/{database}?host=127.0.0.1,127.0.0.1&port={ports}"
            "&target_session_attrs=read-write&connect_timeout=10"
        )

    def _make_database(self) -> None:
        with psycopg.connect(self._url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute("CREATE ROLE anlan LOGIN PASSWORD 'secret' NOSUPERUSER NOBYPASSRLS")
            connection.execute("CREATE DATABASE anlan OWNER anlan")

    def primary(self) -> str:
        """Return the node that takes writes now; empty while there is none."""
        return next((node for node in NODES if self._status(node).get("role") in ("master", "primary")), "")

    def wait_until_safe(self) -> None:
        """Wait until the other node is a synchronous standby: what is acknowledged then lies on both."""
        self.wait_for("a synchronous standby", lambda: any(self._status(node).get("sync_standby") for node in NODES))

    def start(self, node: str) -> None:
        """Start a node's Patroni, which starts PostgreSQL or joins it to the primary."""
        self.processes[node] = self._run(node, ["patroni", str(self.folder / f"{node}.yaml")])

    def kill(self, name: str) -> None:
        """Kill a node with -9: Patroni, and the server with all its processes."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        pid_file = self.folder / name / "postmaster.pid"
        if pid_file.exists():
            server = int(pid_file.read_text().splitlines()[0])
            subprocess.run(["pkill", "-KILL", "-P", str(server)], check=False)
            with contextlib.suppress(ProcessLookupError):
                os.kill(server, signal.SIGKILL)

    def wait_for(self, what: str, is_true: Callable[[], bool]) -> None:
        """Wait four minutes for something."""
        for _ in range(WAIT_SECONDS * 5):
            if is_true():
                return
            time.sleep(0.2)
        logs = "\n".join(path.read_text()[-1500:] for path in self.folder.glob("*.log"))
        raise AssertionError(f"The cluster has not got {what} within {WAIT_SECONDS} s.\n{logs}")

    def _status(self, node: str) -> dict[str, object]:
        """What Patroni says of a node; empty when it does not answer."""
        address = f"http://127.0.0.1:{self.ports[f'{node}-api']}/patroni"
        with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(address, timeout=2) as answer:
            return dict(json.loads(answer.read()))
        return {}

    def _start_etcd(self) -> None:
        self.ports["etcd"], peer = _free_port(), _free_port()
        client, peers = f"http://127.0.0.1:{self.ports['etcd']}", f"http://127.0.0.1:{peer}"
        line = ["etcd", "--name", "e", "--data-dir", str(self.folder / "etcd"), "--log-level", "error"]
        line += ["--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peers]
        line += ["--initial-advertise-peer-urls", peers, "--initial-cluster", f"e={peers}"]
        self.processes["etcd"] = self._run("etcd", line)
        self.wait_for("etcd", lambda: _answers(self.ports["etcd"]))

    def _run(self, name: str, line: list[str]) -> "subprocess.Popen[bytes]":
        log = (self.folder / f"{name}.log").open("ab")
        user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
        return subprocess.Popen(line, cwd=self.folder, stdout=log, stderr=log, start_new_session=True, user=user)

    def _configure(self, node: str) -> None:
        access = ["host all all 127.0.0.1/32 scram-sha-256", "host replication all 127.0.0.1/32 scram-sha-256"]
        people = {name: {"username": name, "password": "secret"} for name in ("replicator", "rewinder")}
        settings = {
            "scope": "anlan",
            "name": node,
            "restapi": {
                "listen": f"127.0.0.1:{self.ports[f'{node}-api']}",
                "connect_address": f"127.0.0.1:{self.ports[f'{node}-api']}",
            },
            "etcd3": {"host": f"127.0.0.1:{self.ports['etcd']}"},
            "bootstrap": {
                "dcs": {
                    "ttl": 20,
                    "loop_wait": 2,
                    "retry_timeout": 3,
                    "synchronous_mode": True,
                    "postgresql": {"use_pg_rewind": True, "parameters": {"wal_log_hints": "on", "max_connections": 40}},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{self.ports[node]}",
                "connect_address": f"127.0.0.1:{self.ports[node]}",
                "data_dir": str(self.folder / node),
                "bin_dir": _binaries(),
                "pgpass": str(self.folder / f"{node}.pgpass"),
                "authentication": {
                    "superuser": {"username": "postgres", "password": "secret"},
                    "replication": people["replicator"],
                    "rewind": people["rewinder"],
                },
                "parameters": {"unix_socket_directories": str(self.folder)},
                "pg_hba": access,
            },
        }
        (self.folder / f"{node}.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def open_to_server(folder: Path) -> None:
    """Let the server's own user live in a folder when the tests run as root."""
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        folder.chmod(0o755)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
        return bool(answer.status == 200)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
