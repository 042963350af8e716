"""Runs the application with uvicorn, on the common port and on the watchers' port, until it is told to stop."""

import asyncio
import socket
from collections.abc import Sequence

import uvicorn

from config.server.application import Application
from config.server.gate import Connection
from config.server.limits import IDLE_SECONDS, KERNEL_BUFFER, STOP_SECONDS


class Server(uvicorn.Server):
    """uvicorn's server, with an eye on its connections. Told to stop, it refuses unfinished bodies and waits for the rest."""

    def __init__(self, application: Application) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=Connection,
                ws="none",
                loop="asyncio",
                interface="asgi3",
                log_level="warning",
                lifespan="off",
                server_header=False,
                proxy_headers=False,  # who calls is told in one place: config.server.proxies
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._application = application

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and begin to watch the connections."""
        await super().startup(sockets)
        self._sweeping = asyncio.ensure_future(self._application.gate.sweep())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse what is not whole; end when the rest is done, or its time is over."""
        self._application.stop()
        await super().shutdown(sockets)
        self._sweeping.cancel()


def serve(application: Application, sockets: Sequence[socket.socket]) -> None:
    """Serve until a signal comes."""
    Server(application).run(sockets=list(sockets))


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound. Raises: OSError."""
    family, kind, proto, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, proto)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)  # its connections inherit it
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
