"""The files of docs/proxy.md as they are written: who calls, how much, and nothing plain on the proxy's disk."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import Installation, Server
from tests.faults.proxy import needs, proxied, served

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db]
LAST_SIGN_IN = """
from anlan.org.access import Access
from anlan.org.scope import as_system
with as_system("test"):
    print(json.dumps(list(Access.objects.order_by("pk").values_list("address", flat=True))))
"""


@pytest.fixture(scope="module")
def server(standing: Installation) -> Iterator[Server]:
    """One server for both proxies."""
    with served(standing) as one:
        yield one


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in ("nginx", "caddy")])
def test_the_proxys_file_tells_who_calls_and_stores_nothing(standing: Installation, server: Server, name: str) -> None:
    with proxied(server, name) as (port, folder):
        wrong = {"X-Forwarded-For": "192.0.2.66", "X-Real-IP": "192.0.2.66", "Forwarded": "for=192.0.2.66"}
        assert _ask(port, "POST", "/sign-in/", b"username=li&password=wrong", wrong)[0] in (200, 403)
        assert _ask(port, "GET", "/metrics")[0] == 404
        status, said = _ask(port, "GET", "/health/ready", headers={"X-Forwarded-For": "127.0.0.1"})
        assert (status, json.loads(said)) == (200, {"status": "ready"})
        assert _ask(port, "POST", "/receipt/", b"S" * (3 * 2**20))[0] == 403  # no token: read to its end, and refused
        assert _ask(port, "POST", "/receipt/", b"S" * (27 * 2**20))[0] == 413
        stored = [file for file in folder.rglob("*") if file.is_file() and file.stat().st_size > 20_000]
        assert stored == []
    addresses = json.loads(standing.script(LAST_SIGN_IN))
    assert "192.0.2.66" not in addresses


def test_tls_without_a_proxy_does_not_start(tmp_path: Path) -> None:
    done = Installation(home=tmp_path / "home", url="").command("serve", "--no-demo", "--port", "1", ANLAN_TLS="1")
    assert done.returncode == 1
    assert "ANLAN_TLS=1 needs a proxy that ends TLS, and ANLAN_TRUSTED_PROXIES names none" in done.stderr


def _ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent
            link.request(method, path, body=body, headers={"Host": "localhost", **kind, **(headers or {})})
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()
