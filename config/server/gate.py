"""Connections: how many there may be, how long a head may take, and the end of those whose client takes nothing more.

uvicorn has no time limit for the head of a request and none for closing; both stand here, over its HTTP/1.1 protocol on h11.
"""

import asyncio
import contextlib
import logging
import resource
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from config.server.limits import FLUSH_SECONDS, HEAD_SECONDS, Counts
from config.server.proxies import Network, is_listed, plain

SWEEP_SECONDS = 1.0
REFUSED = (
    b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nRetry-After: 10\r\nConnection: close\r\n\r\n"
)
TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_log = logging.getLogger("anlan.server")


class Gate:
    """The open connections of this process. Those of a trusted proxy count in all, not for its address."""

    def __init__(self, *, trusted: Sequence[Network], most: int, most_each: int) -> None:
        self._trusted = trusted
        self._counts = Counts(most=_within_open_files(most), most_each=most_each)
        self._connections: set[Connection] = set()

    def let_in(self, connection: "Connection") -> bytes:
        """Note a connection; return the answer that refuses it, or nothing."""
        self._connections.add(connection)
        if is_listed(connection.address, self._trusted):
            connection.address = ""
        why = self._counts.refusal(connection.address)
        if why == "all" or (why and connection.address):
            return REFUSED % (b"503 Service Unavailable" if why == "all" else b"429 Too Many Requests")
        self._counts.add(connection.address)
        connection.is_counted = True
        return b""

    def let_out(self, connection: "Connection") -> None:
        """Forget a connection."""
        self._connections.discard(connection)
        if connection.is_counted:
            connection.is_counted = False
            self._counts.remove(connection.address)

    async def sweep(self) -> None:
        """Look at every connection each second, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = clock()
            for connection in tuple(self._connections):
                connection.look(now)


class Connection(H11Protocol):
    """One connection, with a time limit for the head of a request and one for closing."""

    address = ""
    is_counted = is_refused = False

    def connection_made(self, transport: Any) -> None:
        """Let the connection in, or answer that there are too many."""
        super().connection_made(transport)
        self._gate: Gate = self.config.app.gate  # type: ignore[union-attr]
        self.address = plain(self.client[0]) if self.client else ""
        self._waits_since: float | None = self.loop.time()
        self._closing_since, self._left = 0.0, 0
        if refusal := self._gate.let_in(self):
            self.is_refused = True
            transport.write(refusal)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._gate.let_out(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, unless the connection was refused."""
        if not self.is_refused:
            super().data_received(data)

    def handle_events(self) -> None:
        """Begin requests. Each is told how its connection is cut off."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._waits_since = None
            self.scope["state"]["abort"] = self.transport.abort

    def on_response_complete(self) -> None:
        """Wait for the next head."""
        self._waits_since = self.loop.time()
        super().on_response_complete()

    def look(self, now: float) -> None:
        """End the connection where its time is over."""
        if self.transport.is_closing():
            self._look_at_closing(now)
        elif self._waits_since is not None and now - self._waits_since > HEAD_SECONDS:
            self._unset_keepalive_if_required()
            self.transport.write(TOO_LATE)
            self.transport.close()

    def _look_at_closing(self, now: float) -> None:
        left = self.transport.get_write_buffer_size()
        if not self._closing_since or left < self._left:
            self._closing_since, self._left = now, left
        elif now - self._closing_since > FLUSH_SECONDS:
            self.transport.abort()


def _within_open_files(most: int) -> int:
    """Raise this process's limit of open files, and return how many connections fit: each may hold two files besides itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most * 3 + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        able = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (able, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return most
    fewer = max(16, (soft - 256) // 3)
    _log.warning("Only %d files may be open: the server takes %d connections at once, not %d.", soft, fewer, most)
    return fewer
