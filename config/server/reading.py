"""Takes the body of a request before a worker is taken: within its size, in its time, and within the room that there is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from config.server.limits import BODY_RATE, BODY_SECONDS, UNFINISHED, UNFINISHED_EACH, Counts
from config.server.refusals import FULL, TOO_MANY, TOO_SLOW, Refusal, too_large
from config.server.spool import Full, Spool
from config.server.threads import Pool

Receive = Callable[[], Awaitable[dict[str, Any]]]
UNCOUNTED_SECONDS = 1.0  # a body that is whole by then needs no place among the unfinished ones: a form of a page is
LINGER_SECONDS = 3.0


class Refused(Exception):
    """The body is not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.id)
        self.refusal = refusal


class Gone(Exception):
    """The client went away."""


class Bodies:
    """The bodies on their way. `stop` refuses those that are not whole."""

    def __init__(self, files: Pool) -> None:
        self._files = files
        self._unfinished = Counts(most=UNFINISHED, most_each=UNFINISHED_EACH)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_stopping = False

    async def read(self, receive: Receive, spool: Spool, *, address: str, most: int, declared: int | None) -> None:
        """Fill the spool with the body. Raises: Refused, Gone."""
        if declared is not None and declared > most:
            raise Refused(too_large(most))
        task = asyncio.current_task()
        if task is None or self._is_stopping:
            raise Refused(FULL)
        self._tasks.add(task)
        one = _Body(receive, spool, address, most, self._files, self._unfinished)
        try:
            await one.take()
        except Full as error:
            raise Refused(TOO_MANY if error.of_address else FULL) from error
        except TimeoutError as error:
            raise Refused(TOO_SLOW) from error
        except asyncio.CancelledError:
            if not self._stopped(task):
                raise
            raise Refused(FULL) from None
        finally:
            self._tasks.discard(task)
            one.release()

    def _stopped(self, task: "asyncio.Task[Any]") -> bool:
        """Tell whether a body was broken off by `stop` alone; the task goes on to say so."""
        return self._is_stopping and task.uncancel() == 0

    def stop(self) -> None:
        """Refuse every body that is not whole, now and from now on."""
        self._is_stopping = True
        for task in tuple(self._tasks):
            task.cancel()


class _Body:
    """One body while it is read."""

    def __init__(
        self, receive: Receive, spool: Spool, address: str, most: int, files: Pool, unfinished: Counts
    ) -> None:
        self._receive, self._spool, self._address, self._most = receive, spool, address, most
        self._files, self._unfinished, self._is_counted = files, unfinished, False

    async def take(self) -> None:
        """Read to the end. Raises: Refused, Gone, Full, TimeoutError."""
        clock = asyncio.get_running_loop().time
        began, more = clock(), True
        while more:
            if not self._is_counted and clock() - began >= UNCOUNTED_SECONDS:
                self._count()
            message = await self._next(began=began, now=clock())
            if message is not None:
                more = bool(message.get("more_body", False))
                await self._keep(message.get("body", b""))

    async def _next(self, *, began: float, now: float) -> dict[str, Any] | None:
        """Return the next message; null when it is time to be counted first."""
        patience = min(BODY_SECONDS, began + BODY_SECONDS + self._spool.size / BODY_RATE - now)
        until_counted = patience if self._is_counted else min(patience, began + UNCOUNTED_SECONDS - now)
        try:
            async with asyncio.timeout(max(until_counted, 0.001)):
                message = await self._receive()
        except TimeoutError:
            if self._is_counted or patience <= 0:
                raise
            return None
        if message["type"] == "http.disconnect":
            raise Gone
        return message

    async def _keep(self, piece: bytes) -> None:
        if self._spool.size + len(piece) > self._most:
            raise Refused(too_large(self._most))
        if self._spool.fits_memory(len(piece)):
            self._spool.keep(piece)
        elif piece:
            await self._files.run(self._spool.write, piece)

    def _count(self) -> None:
        if why := self._unfinished.refusal(self._address):
            raise Refused(TOO_MANY if why == "address" else FULL)
        self._unfinished.add(self._address)
        self._is_counted = True

    def release(self) -> None:
        """Give the place among the unfinished bodies back."""
        if self._is_counted:
            self._unfinished.remove(self._address)


async def linger(receive: Receive) -> None:
    """Throw away what a refused client still sends, for a moment: else its machine drops the answer with the connection."""
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        return
