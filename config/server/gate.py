"""Connections: how many there may be, how long a head may take, and the end of those whose client takes nothing more.

uvicorn has no time limit for the head of a request and none for closing; both stand here, over its HTTP/1.1 protocol on h11.
"""

import asyncio
import contextlib
import logging
import resource
from collections.abc import Sequence
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from anlan.org.door.addresses import counted_as
from config.server.limits import CHUNK_BYTES, CHUNKS, FLUSH_SECONDS, HEAD_BYTES, HEAD_SECONDS, Counts
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
        is_proxy = is_listed(connection.address, self._trusted)
        connection.address = "" if is_proxy else counted_as(connection.address)
        why = self._refusal(connection.address)
        if why and self._make_room(connection.address, why):
            why = self._refusal(connection.address)
        if why:
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

    def _refusal(self, address: str) -> str:
        why = self._counts.refusal(address)
        return why if address or why == "all" else ""

    def _make_room(self, address: str, why: str) -> bool:
        """End the connection that idles longest, of the address where that has too many; tell whether one did.

        A browser keeps six for ten seconds: without this, forty people behind one address would keep the others out.
        """
        near = (one for one in self._connections if one.address and (why == "all" or one.address == address))
        idle = [one for one in near if one.is_idle]
        if not idle:
            return False
        longest = min(idle, key=lambda one: one.waits_since or 0.0)
        self.let_out(longest)
        longest.transport.close()
        return True

    async def sweep(self) -> None:
        """Look at every connection each second, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = clock()
            for connection in tuple(self._connections):
                connection.look(now)


class Parser(h11.Connection):
    """h11 with limits of work, since everybody waits for the event loop: a chunk of one byte costs it as much as a large one.

    Raises: h11.RemoteProtocolError, which is answered with 400.
    """

    def __init__(self) -> None:
        super().__init__(h11.SERVER, HEAD_BYTES)
        self._chunks = self._bytes = 0

    def next_event(self) -> Any:
        """Return what came next."""
        if self.their_state is h11.IDLE and len(self._receive_buffer) > HEAD_BYTES:
            self._check_head()
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = self._bytes = 0
            if event.method == b"CONNECT":  # a page answers 200, and h11 would take that for a tunnel
                raise h11.RemoteProtocolError("The server is no proxy.")
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_start
            self._bytes += len(event.data)
            if self._chunks > CHUNKS + self._bytes // CHUNK_BYTES:
                raise h11.RemoteProtocolError("The chunks are too small.")
        return event

    def _check_head(self) -> None:
        """h11 looks at the size of a head that is not whole; this, at one that comes at once."""
        head = self.trailing_data[0][:HEAD_BYTES]
        if b"\n\r\n" not in head and b"\n\n" not in head:
            raise h11.RemoteProtocolError("The head is too large.")


class Connection(H11Protocol):
    """One connection, with a time limit for the head of a request and one for closing."""

    address = ""
    is_counted = is_refused = False
    waits_since: float | None = None  # for a head; null while a request is under way

    @property
    def is_idle(self) -> bool:
        """Whether a request was answered here, the whole answer is gone, and nothing of another has come."""
        if self.waits_since is None or self.cycle is None or self.transport.is_closing():
            return False
        has_begun = self.conn.their_state is not h11.IDLE or self.conn.trailing_data[0]
        return not has_begun and not self.transport.get_write_buffer_size()

    def connection_made(self, transport: Any) -> None:
        """Let the connection in, or answer that there are too many."""
        super().connection_made(transport)
        self.conn = Parser()
        self._gate: Gate = self.config.app.gate  # type: ignore[union-attr]
        self.address = plain(self.client[0]) if self.client else ""
        self.waits_since = self.loop.time()
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
        if self.is_refused:
            return
        try:
            super().data_received(data)
        except h11.LocalProtocolError:  # what came is wrong, and an answer that could say so is under way or over
            self.transport.abort()

    def handle_events(self) -> None:
        """Begin requests. Each is told how its connection is cut off."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self.waits_since = None
            self.scope["state"]["abort"] = self.transport.abort

    def on_response_complete(self) -> None:
        """Wait for the next head."""
        self.waits_since = self.loop.time()
        super().on_response_complete()

    def look(self, now: float) -> None:
        """End the connection where its time is over."""
        if self.transport.is_closing():
            self._look_at_closing(now)
        elif self.waits_since is not None and now - self.waits_since > HEAD_SECONDS:
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
