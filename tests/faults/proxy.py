"""The proxies of docs/proxy.md, with the files that the page shows, on local ports and without TLS."""

import contextlib
import http.client
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import ROOT, Installation, Server, free_port


@contextlib.contextmanager
def served(installation: Installation) -> Iterator[Server]:
    """Serve as behind a proxy of this machine, and yield the server."""
    server = Server(installation, settings={"ANLAN_TRUSTED_PROXIES": "127.0.0.1"})
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextlib.contextmanager
def proxied(server: Server, name: str) -> Iterator[tuple[int, Path]]:
    """Put a proxy before a server with the file that docs/proxy.md shows, on local ports and without TLS; yield its port and its folder."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="anlan-proxy-"))
    process = _start_proxy(name, folder, port, server.port)
    try:
        _wait_for(port, process)
        yield port, folder
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(folder)


def needs(name: str) -> pytest.MarkDecorator:
    """Return the mark that skips a test where a proxy is not installed."""
    reason = f"{name} is not installed: apt-get install {name}, or FAULTS=1 bash constraints/debian.sh"
    return pytest.mark.skipif(shutil.which(name) is None, reason=reason)


def block(language: str) -> str:
    """Return the block of the manual's page in a language."""
    page = (ROOT / "docs" / "proxy.md").read_text(encoding="utf-8")
    found = re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)
    assert found is not None, f"docs/proxy.md shows no {language} file."
    return found[1]


def without_tls(name: str, port: int, upstream: int) -> str:
    """Return the manual's file with local ports in the place of TLS; everything else stays as it is written."""
    text = block(name).replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    if name == "caddy":
        text = text.replace("{\n", "{\n\tadmin off\n\tauto_https off\n", 1)
        return text.replace("anlan.example.cn {", f"http://localhost:{port} {{\n\tbind 127.0.0.1", 1)
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};").replace("listen [::]:443 ssl;", "")
    text = re.sub(r"(?m)^\s*ssl_certificate\S* .*$", "", text).replace(
        "server_name anlan.example.cn;", "server_name _;"
    )
    return re.sub(r"(?s)# redirect.*?# end of redirect\n", "", text)


def _start_proxy(name: str, folder: Path, port: int, upstream: int) -> "subprocess.Popen[bytes]":
    folder.chmod(0o755)
    text = without_tls(name, port, upstream)
    if name == "caddy":
        (folder / "Caddyfile").write_text(text)
        line = ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    else:
        spaces = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        around = f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{ worker_connections 4096; }}\n"
        own = "user root;\n" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(f"{own}{around}http {{ access_log off;\n{spaces}{text}}}\n")
        line = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    log = (folder / "out").open("ab")
    return subprocess.Popen(line, stdout=log, stderr=log, env={**os.environ, "HOME": str(folder)})


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        assert process.poll() is None, f"the proxy ended with {process.returncode}"
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException):
            link.request("GET", "/health/live", headers={"Host": "localhost"})
            if link.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise AssertionError("The proxy did not answer.")
