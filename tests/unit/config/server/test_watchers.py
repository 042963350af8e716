"""Health on threads of its own; figures and reasons by the watchers' port only, to listed addresses that call directly."""

import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.server.limits import WORKERS
from config.server.proxies import networks
from tests.unit.config.server.served import Served, serving

LOCAL = networks("127.0.0.1", variable="ANLAN_METRICS_FROM")


def pages(environ, start_response):
    """Say whether the request may watch; one page waits until it is let go."""
    if environ["PATH_INFO"] == "/stuck":
        stuck.wait(timeout=20)
    if environ["PATH_INFO"] == "/health/ready" and environ["REMOTE_ADDR"] == "127.0.0.99":
        stuck.wait(timeout=20)
    start_response("200 OK", [])
    return [f"{environ['PATH_INFO']} {environ.get('anlan.watches')} {environ.get('HTTP_COOKIE')}".encode()]


stuck = threading.Event()


@contextmanager
def watched(folder: Path):
    """Serve with the one port as the watchers' port."""
    with serving(folder, pages=pages, watchers=LOCAL) as served:
        served.application.watch_port = served.port
        yield served


def test_a_listed_address_that_calls_directly_watches(tmp_path):
    with watched(tmp_path) as served:
        assert b"/metrics True None" in served.ask("/metrics", head="Cookie: sessionid=x\r\n")
        assert b"/health/ready True None" in served.ask("/health/ready")


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Real-IP: 127.0.0.1", "Via: 1.1 proxy"]
)
def test_what_comes_through_a_proxy_watches_nothing(tmp_path, header):
    with watched(tmp_path) as served:
        assert served.ask("/metrics", head=f"{header}\r\n").startswith(b"HTTP/1.1 404 ")
        assert b"/health/ready False" in served.ask("/health/ready", head=f"{header}\r\n")


def test_an_address_that_is_not_listed_watches_nothing_and_the_port_has_no_pages(tmp_path):
    with watched(tmp_path) as served:
        assert served.ask("/metrics", source="127.0.0.3").startswith(b"HTTP/1.1 404 ")
        assert b"/health/ready False" in served.ask("/health/ready", source="127.0.0.3")
        assert served.ask("/sign-in/").startswith(b"HTTP/1.1 404 ")
        assert served.ask("/health/live", method="POST").startswith(b"HTTP/1.1 405 ")


def test_on_the_common_port_nobody_watches(tmp_path):
    with serving(tmp_path, pages=pages, watchers=LOCAL, watch_port=1) as served:
        assert b"/metrics None" in served.ask("/metrics")
        assert b"/health/ready False" in served.ask("/health/ready")
        assert served.ask("/health/live").endswith(b"alive\n")


def test_health_answers_while_every_worker_is_busy(tmp_path):
    stuck.clear()
    with serving(tmp_path, pages=pages) as served:
        threads = [threading.Thread(target=served.ask, args=("/stuck",)) for _ in range(2 * WORKERS)]
        for thread in threads:
            thread.start()
        while served.application.workers.waiting < WORKERS:
            pass
        assert served.ask("/health/live").endswith(b"alive\n")
        assert b"/health/ready False" in served.ask("/health/ready")
        stuck.set()
        for thread in threads:
            thread.join()


def test_a_database_that_hangs_makes_it_unready_within_the_limit_and_not_dead(tmp_path, monkeypatch):
    monkeypatch.setattr("config.server.health.HEALTH_SECONDS", 0.2)
    stuck.clear()
    with serving(tmp_path, pages=pages) as served:
        for _ in range(4):
            assert hung(served).startswith(b"HTTP/1.1 503 ")
        assert served.ask("/health/live").endswith(b"alive\n")
        stuck.set()


def hung(served: Served) -> bytes:
    return served.ask("/health/ready", source="127.0.0.99")


def test_the_machine_itself_watches_also_where_its_proxy_is_trusted(tmp_path):
    """The manual's file for nginx trusts 127.0.0.1, where Prometheus may run too."""
    with serving(tmp_path, pages=pages, watchers=LOCAL, trusted=LOCAL) as served:
        served.application.watch_port = served.port
        assert b"/metrics True" in served.ask("/metrics")
        for header in ("X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: https", "Via: 1.1 proxy"):
            assert served.ask("/metrics", head=f"{header}\r\n").startswith(b"HTTP/1.1 404 ")
