"""From a whole request to a whole answer: calls the WSGI application in a worker thread. What is slow stays outside."""

import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from config.server.limits import PIECE
from config.server.proxies import PROXY_HEADERS, Caller
from config.server.spool import Spool

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
WATCHES = "anlan.watches"  # in the environment of a request: it may read figures and reasons (`config.health`)


class FileWrapper:
    """`wsgi.file_wrapper`: a file that is sent piece by piece while no worker is held. Closing it closes the answer."""

    def __init__(self, file: Any, _block_size: int = 0) -> None:
        self.file = file

    def __iter__(self) -> "FileWrapper":
        return self

    def __next__(self) -> bytes:
        if piece := self.read():
            return piece
        raise StopIteration

    def read(self) -> bytes:
        """Return the next piece; empty at the end."""
        return bytes(self.file.read(PIECE) or b"")

    def close(self) -> None:
        """Close the file and what the application keeps open with it."""
        self.file.close()


@dataclass
class Answer:
    """What the application said. The body lies in the spool, or is a file that is read as it is sent."""

    spool: Spool
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    file: FileWrapper | None = None

    def source(self) -> BinaryIO:
        """Return the body to be read piece by piece."""
        return cast("BinaryIO", self.file.file if self.file else self.spool.reader())

    def close(self) -> None:
        """Give back file and room."""
        self.spool.close()
        if self.file is not None:
            self.file.close()


def make(application: Wsgi, environ: dict[str, Any], body: Spool, spool: Spool) -> Answer:
    """Call the application and take its whole answer. Runs in a worker thread; closes the body. Raises: Full."""
    answer = Answer(spool=spool)

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
        answer.status = int(status.split(" ", 1)[0])
        answer.headers = [
            (name.strip().lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers
        ]
        return spool.write

    try:
        with body.reader() as stream:
            environ["wsgi.input"] = stream
            said = application(environ, start_response)
            if isinstance(said, FileWrapper):
                answer.file = said
            else:
                _take(said, None if environ["REQUEST_METHOD"] == "HEAD" else spool)
    except BaseException:
        answer.close()
        raise
    finally:
        body.close()
    return answer


def _take(said: Iterable[bytes], spool: Spool | None) -> None:
    try:
        for piece in said:
            if spool is not None:
                spool.write(piece)
    finally:
        getattr(said, "close", lambda: None)()


def environ_of(scope: Any, caller: Caller, *, length: int) -> dict[str, Any]:
    """Return the WSGI environment of a request. Headers of proxies, and names that would pass for others, stay out."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": caller.address,
        "CONTENT_LENGTH": str(length) if length else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": caller.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    for name, value in scope["headers"]:
        _add_header(environ, name.lower(), value.decode("latin-1"))
    return environ


def _add_header(environ: dict[str, Any], name: bytes, value: str) -> None:
    if name in PROXY_HEADERS or b"_" in name or name in (b"content-length", b"transfer-encoding"):
        return
    key = "CONTENT_TYPE" if name == b"content-type" else "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
    if key in environ:
        value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    environ[key] = value
