"""The ASGI application: tells who calls, keeps the numbers, reads the body, takes a worker, sends the answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.outage import seen
from config.server import bridge, limits
from config.server.answering import Send, send_answer, send_whole
from config.server.bodies import most_bytes
from config.server.bridge import Wsgi, environ_of
from config.server.gate import Gate
from config.server.health import Health
from config.server.proxies import Caller, Network, caller_of, plain
from config.server.reading import Bodies, Gone, Receive, Refused, linger
from config.server.refusals import FULL, NO_ROOM, TOO_MANY, UNCLEAR, Refusal
from config.server.refusals import answer as refusal_answer
from config.server.spool import Full, Quota, Spool
from config.server.threads import Pool


@dataclass(kw_only=True)
class Application:
    """What uvicorn calls for each request. `watch_port` is the port of its own for figures and reasons; 0 for none."""

    pages: Wsgi
    spool_folder: Path
    trusted: Sequence[Network] = ()
    watchers: Sequence[Network] = ()
    host: str = "localhost"
    watch_port: int = 0
    each: int = 256
    quota: Quota = field(default_factory=Quota)

    def __post_init__(self) -> None:
        self.workers = Pool("anlan-page", threads=limits.WORKERS)
        self.files = Pool("anlan-file", threads=limits.FILE_THREADS)
        self.bodies = Bodies(self.files)
        self.gate = Gate(trusted=self.trusted, most=limits.CONNECTIONS, most_each=self.each)
        self.health = Health(self.pages, host=self.host, watchers=self.watchers, spool=self.spool)
        self._open = limits.Counts(most=limits.CONNECTIONS, most_each=self.each)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f'The server speaks HTTP only; this is "{scope["type"]}".')
        peer = plain(scope["client"][0]) if scope.get("client") else ""
        caller = caller_of(peer, scope["headers"], self.trusted)
        is_watch = bool(self.watch_port) and (scope.get("server") or ("", 0))[1] == self.watch_port
        try:
            if _is_unclear(scope):
                await _refuse(scope, send, UNCLEAR)
            elif self.health.serves(scope["path"], is_watch=is_watch):
                await send_whole(send, *await self.health.answer(scope, caller, is_watch=is_watch))
            else:
                await self._within_the_numbers(scope, receive, send, caller)
        except TimeoutError:  # the client takes no more of the answer
            await self._cut_off(scope)

    def spool(self, address: str) -> Spool:
        """Return an empty spool for an address."""
        return Spool(self.spool_folder, self.quota, address)

    def stop(self) -> None:
        """Take no more bodies; what is under way goes on."""
        self.bodies.stop()

    async def _within_the_numbers(self, scope: Any, receive: Receive, send: Send, caller: Caller) -> None:
        if why := self._open.refusal(caller.counts_as):
            await _refuse(scope, send, TOO_MANY if why == "address" else FULL)
            return
        self._open.add(caller.counts_as)
        try:
            await self._serve(scope, receive, send, caller)
        except Refused as refused:
            await _refuse(scope, send, refused.refusal, receive if refused.refusal.status == 413 else None)
        except Gone:
            return
        finally:
            self._open.remove(caller.counts_as)

    async def _serve(self, scope: Any, receive: Receive, send: Send, caller: Caller) -> None:
        body = self.spool(caller.counts_as)
        try:
            most, declared = most_bytes(scope["path"]), _declared(scope["headers"])
            await self.bodies.read(receive, body, address=caller.counts_as, most=most, declared=declared)
            self._require_room(caller)
        except BaseException:
            body.close()
            raise
        environ = environ_of(scope, caller, length=body.size)
        try:
            answer = await self.workers.run(bridge.make, self.pages, environ, body, self.spool(caller.counts_as))
        except Full as full:
            raise Refused(NO_ROOM) from full
        try:
            await send_answer(send, receive, answer, self.files, is_head=scope["method"] == "HEAD")
        finally:
            await asyncio.shield(self.files.run(answer.close))

    def _require_room(self, caller: Caller) -> None:
        """Raises: Refused where too many requests wait for a worker: in all, or most of them from this address."""
        if self.workers.waiting >= limits.WAITING:
            raise Refused(FULL)
        if min(self.workers.waiting, self._open.of(caller.counts_as)) >= limits.WAITING // 2:
            raise Refused(TOO_MANY)

    async def _cut_off(self, scope: Any) -> None:
        abort = scope.get("state", {}).get("abort")
        if abort is None:
            raise TimeoutError
        abort()
        await asyncio.sleep(0)  # the loss of the connection is noted before uvicorn looks


async def _refuse(scope: Any, send: Send, refusal: Refusal, lingering: Receive | None = None) -> None:
    seen[refusal.id] += 1
    headers, body = refusal_answer(refusal, path=scope["path"], headers=scope["headers"])
    if lingering is None:
        await send_whole(send, refusal.status, headers, body)
        return
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await linger(lingering)
    await send({"type": "http.response.body", "body": b""})


def _is_unclear(scope: Any) -> bool:
    """Tell whether a proxy before the server may see the end of the body elsewhere: two lengths, or one that HTTP/1.0 does not know."""
    names = {name for name, _value in scope["headers"]}
    return b"transfer-encoding" in names and (b"content-length" in names or scope["http_version"] == "1.0")


def _declared(headers: list[tuple[bytes, bytes]]) -> int | None:
    said = next((value for name, value in headers if name == b"content-length"), None)
    return int(said) if said is not None and said.isdigit() else None
