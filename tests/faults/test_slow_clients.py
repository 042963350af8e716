"""Hundreds of clients that are slow on purpose: the others read on, directly and behind the proxies of docs/proxy.md.

Rounds with and without the attack alternate, since the machine may be busy with other things too. Times are told, not asserted.
The suite holds bodies without an end against the server itself, and stops it under all four kinds; ANLAN_FAULTS=full does the rest.
"""

import contextlib
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import ONLY_FULL
from tests.faults.installation import ROOT, Installation, Server
from tests.faults.proxy import needs, proxied, served
from tests.faults.slow_clients import KINDS

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db]
READERS = 2
IN_THE_SUITE = "body"
Tell = Callable[..., None]
Times = Callable[[int, int], int]


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=[ONLY_FULL] * (kind != IN_THE_SUITE)) for kind in KINDS])
def test_slow_clients_do_not_keep_others_waiting(standing: Installation, times: Times, tell: Tell, kind: str) -> None:
    server = Server(standing)
    server.start()
    try:
        _besiege(server.port, kind, times, tell, server=server)
    finally:
        server.kill()


@ONLY_FULL
@needs("nginx")
@pytest.mark.parametrize("kind", KINDS)
def test_slow_clients_do_not_keep_others_waiting_behind_nginx(
    standing: Installation, times: Times, tell: Tell, kind: str
) -> None:
    with served(standing) as server, proxied(server, "nginx") as (port, _folder):
        _besiege(port, kind, times, tell, server=server)


def test_a_stop_ends_within_its_grace_while_slow_clients_hold_on(
    standing: Installation, times: Times, tell: Tell
) -> None:
    server = Server(standing)
    server.start()
    assert server.process is not None
    attacks = [_attack(server.port, kind, times(20, 75), 60) for kind in KINDS]
    time.sleep(times(3, 8))
    began = time.monotonic()
    os.kill(server.process.pid, signal.SIGTERM)
    try:
        server.process.wait(timeout=30)
    finally:
        for attack in attacks:
            attack.kill()
        with contextlib.suppress(ProcessLookupError):
            server.kill()
    tell(stopped_after_seconds=round(time.monotonic() - began, 1))


def _besiege(port: int, kind: str, times: Times, tell: Tell, *, server: Server) -> None:
    """Read in quiet, under attack, and in quiet again; every answer must be there, and the attack must have held on."""
    count, seconds, rounds = times(40, 300), times(2, 60), times(1, 2)
    quiet: list[float] = []
    attacked: list[float] = []
    memory = 0
    _read(port, times(1, 2))
    for _ in range(rounds):
        quiet += _read(port, seconds / 4)
        attack = _attack(port, kind, count, seconds + 4)
        time.sleep(2)
        attacked += _read(port, seconds)
        memory = max(memory, _resident_mb(server))
        said = json.loads(attack.communicate(timeout=60)[0])
        assert said["held"] >= count * 0.9, said
        quiet += _read(port, seconds / 4)
    tell(kind=kind, slow=count, seconds=seconds, quiet=_figures(quiet), attacked=_figures(attacked), memory_mb=memory)


def _resident_mb(server: Server) -> int:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def _attack(port: int, kind: str, count: int, seconds: float) -> "subprocess.Popen[str]":
    """Start the slow clients, from two addresses: one may hold 256 connections."""
    words = ("-m", "tests.faults.slow_clients", str(port), kind, str(count), str(seconds), "127.0.0.2,127.0.0.3")
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _read(port: int, seconds: float) -> list[float]:
    """Read a page again and again with two readers; return how long each took. Raises: AssertionError for any answer but 200."""
    took: list[float] = []
    wrong: list[str] = []
    end = time.monotonic() + seconds

    def reader() -> None:
        while time.monotonic() < end and not wrong:
            began = time.monotonic()
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                link.request("GET", "/sign-in/")
                answer = link.getresponse()
                answer.read()
                if answer.status != 200:
                    wrong.append(str(answer.status))
            except (OSError, http.client.HTTPException) as error:
                wrong.append(repr(error))
            finally:
                link.close()
            took.append(time.monotonic() - began)

    threads = [threading.Thread(target=reader) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    return took


def _figures(took: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(took, n=100)
    return {"requests": len(took), "p50_ms": round(cuts[49] * 1000, 1), "p95_ms": round(cuts[94] * 1000, 1)}
