"""Worker threads that the event loop waits for, never the other way round. They are daemons: none can hold up the end of the process."""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any], contextvars.Context]


class Pool:
    """Some threads and a queue before them. `waiting` counts what no thread has taken yet."""

    def __init__(self, name: str, *, threads: int) -> None:
        self._name, self._threads = name, threads
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._is_started = False

    @property
    def waiting(self) -> int:
        return self._jobs.qsize()

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """Call a function in a thread, with the context of the caller, and return what it returns or raise what it raises.

        A caller that is cancelled goes on at once. The work is done to its end, or never begun if no thread had taken it.
        """
        if not self._is_started:
            self._start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put((loop, future, lambda: work(*arguments), contextvars.copy_context()))
        return await future

    def _start(self) -> None:
        self._is_started = True
        for number in range(self._threads):
            threading.Thread(target=self._serve, name=f"{self._name}-{number}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            _carry_out(*self._jobs.get())


def _carry_out(
    loop: asyncio.AbstractEventLoop,
    future: "asyncio.Future[Any]",
    work: Callable[[], Any],
    context: contextvars.Context,
) -> None:
    if future.cancelled():
        return
    result, failure = None, None
    try:
        result = context.run(work)
    except BaseException as error:  # noqa: BLE001  process edge: handed to who waits
        failure = error
    try:
        loop.call_soon_threadsafe(_settle, future, result, failure)
    except RuntimeError:  # the loop has ended meanwhile: nobody waits any more
        return


def _settle(future: "asyncio.Future[Any]", result: Any, failure: BaseException | None) -> None:
    if future.cancelled():
        return
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
