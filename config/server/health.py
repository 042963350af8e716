"""Health and figures on threads of their own, within a time limit: a server whose workers are all busy still says how it is.

`/health/live` is answered by the event loop. Figures and reasons come only from the port of their own (`ANLAN_METRICS_LISTEN`), to
listed addresses that call directly: on the common port a caller behind a proxy cannot be told from the machine itself.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from config.server import bridge
from config.server.bridge import WATCHES, Wsgi, environ_of
from config.server.limits import HEALTH_SECONDS, HEALTH_THREADS
from config.server.proxies import Caller, Network, is_listed
from config.server.spool import Spool
from config.server.threads import Pool

Whole = tuple[int, list[tuple[bytes, bytes]], bytes]
LIVE, READY, METRICS = "/health/live", "/health/ready", "/metrics"


class Health:
    """Answers the three addresses. Questions that come while the same one is being answered share its answer."""

    def __init__(self, pages: Wsgi, *, host: str, watchers: Sequence[Network], spool: Callable[[str], Spool]) -> None:
        self._pages, self._host, self._watchers, self._spool = pages, host, watchers, spool
        self._pool = Pool("anlan-health", threads=HEALTH_THREADS)
        self._asked: dict[tuple[str, str, bool], asyncio.Future[Whole]] = {}

    def serves(self, path: str, *, is_watch: bool) -> bool:
        """Tell whether a path is answered here: all of the watchers' port, and what asks whether the server lives."""
        return is_watch or path in (LIVE, READY)

    async def answer(self, scope: Any, caller: Caller, *, is_watch: bool) -> Whole:
        """Return the whole answer."""
        path, method = scope["path"], scope["method"]
        watches = is_watch and not caller.is_proxied and is_listed(caller.address, self._watchers)
        if path not in (LIVE, READY) and not (path == METRICS and watches):
            return _text(404, b"not found\n")
        if method not in ("GET", "HEAD"):
            return _text(405, b"GET or HEAD\n")
        if path == LIVE:
            return _text(200, b"alive\n")
        key = (path, method, watches)
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(self._look(scope, caller, watches=watches))
            self._asked[key].add_done_callback(lambda _done: self._asked.pop(key))
        return await asyncio.shield(self._asked[key])

    async def _look(self, scope: Any, caller: Caller, *, watches: bool) -> Whole:
        plain_scope = {**scope, "headers": [(b"host", self._host.encode())], "query_string": b""}
        environ = environ_of(plain_scope, caller, length=0) | {WATCHES: watches}
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                return await self._pool.run(self._made, environ, caller.address)
        except TimeoutError:
            return _text(503, b'{"status": "not ready"}', kind=b"application/json")

    def _made(self, environ: dict[str, Any], address: str) -> Whole:
        answer = bridge.make(self._pages, environ, self._spool(address), self._spool(address))
        try:
            body = b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.source().read()
            return answer.status, answer.headers, body
        finally:
            answer.close()


def _text(status: int, body: bytes, *, kind: bytes = b"text/plain; charset=utf-8") -> Whole:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    return status, headers if status < 400 else [*headers, (b"connection", b"close")], body
