"""A server on a port of its own, over a small WSGI application, and clients that are slow on purpose."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.server.application import Application
from config.server.run import Server, listen

LARGE = 8 * 2**20


@dataclass
class Served:
    """A server that runs, and what it was asked."""

    application: Application
    server: Server
    port: int
    thread: threading.Thread

    def connect(self, *, source: str = "127.0.0.1") -> socket.socket:
        """Open a connection that gives up after ten seconds."""
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(10)
        link.bind((source, 0))
        link.connect(("127.0.0.1", self.port))
        return link

    def ask(
        self, path: str, *, source: str = "127.0.0.1", head: str = "", body: bytes = b"", method: str = "GET"
    ) -> bytes:
        """Send one request and return all that comes until the connection ends."""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        with self.connect(source=source) as link:
            link.sendall(
                f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{length}{head}\r\n".encode()
            )
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                link.sendall(body)
            return rest(link)


def rest(link: socket.socket) -> bytes:
    """Return what comes until the connection ends."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := link.recv(65536):
            said += piece
    return said


def toy(environ: dict[str, Any], start_response: Any) -> Any:
    """Say what was asked: who, how, how much; or send much."""
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.5)
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [("Content-Length", str(LARGE))])
        return [b"x" * LARGE]
    if environ["PATH_INFO"] == "/file":
        start_response("200 OK", [("Content-Length", str(LARGE))])
        return environ["wsgi.file_wrapper"](Path(environ["QUERY_STRING"]).open("rb"), 8192)
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "-")
    said = " ".join((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], forwarded, str(len(body))))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(said)))])
    return [said.encode()]


@contextlib.contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Served]:
    """Serve the small application for the length of the block."""
    bound = listen("127.0.0.1", 0)
    application = Application(**{"pages": toy, "spool_folder": folder, **options})
    server = Server(application)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield Served(application, server, bound.getsockname()[1], thread)
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        bound.close()
