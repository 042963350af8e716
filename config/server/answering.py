"""Sends answers, each piece within its time. A reader that takes none is cut off; no worker waits for one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from config.server.bridge import Answer
from config.server.limits import ANSWER_SECONDS, PIECE
from config.server.threads import Pool

Send = Callable[[dict[str, Any]], Awaitable[None]]
BODY = "http.response.body"


async def send_whole(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Send an answer that is in memory. Raises: TimeoutError."""
    async with asyncio.timeout(ANSWER_SECONDS):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": BODY, "body": body})


async def send_answer(
    send: Send, receive: Callable[[], Awaitable[Any]], answer: Answer, files: Pool, *, is_head: bool
) -> None:
    """Send an answer piece by piece, until its end or until the client has gone. Raises: TimeoutError."""
    if is_head or (answer.file is None and answer.spool.size <= PIECE):
        body = b"" if is_head else answer.spool.reader().read()
        await send_whole(send, answer.status, answer.headers, body)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    source = await files.run(answer.source)
    gone = asyncio.ensure_future(receive())  # ends when the client goes: the request itself is read
    try:
        while not gone.done() and (piece := await files.run(source.read, PIECE)):
            async with asyncio.timeout(ANSWER_SECONDS):
                await send({"type": BODY, "body": piece, "more_body": True})
        async with asyncio.timeout(ANSWER_SECONDS):
            await send({"type": BODY, "body": b""})
    finally:
        gone.cancel()
