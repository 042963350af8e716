"""Clients that are slow on purpose, in a process of their own: heads and bodies without an end, answers that nobody takes, idle connections.

`python -m tests.faults.slow_clients PORT KIND COUNT SECONDS [ADDRESS,…] [PATH]` holds COUNT connections, opens each again that the server
ends, and prints how many it had to.
"""

import contextlib
import selectors
import socket
import sys
import time

KINDS = ("head", "body", "download", "idle")
SMALL = "/static/anlan/mark.svg"
LARGE = "/static/vendor/echarts.min.js"


def main(port: int, kind: str, count: int, seconds: float, addresses: list[str], path: str) -> None:
    """Hold the connections for some seconds."""
    end, opened = time.monotonic() + seconds, 0
    links: dict[socket.socket, float] = {}
    with selectors.DefaultSelector() as selector:
        while time.monotonic() < end:
            while len(links) < count:
                link = _open(port, kind, addresses[opened % len(addresses)], path)
                opened += 1
                if link is None:
                    time.sleep(0.05)
                    break
                links[link] = time.monotonic()
                selector.register(link, selectors.EVENT_READ)
            _tend(selector, links, kind)
    print(f'{{"kind": "{kind}", "held": {len(links)}, "opened": {opened}}}')


def _open(port: int, kind: str, address: str, path: str) -> socket.socket | None:
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    try:
        link.bind((address, 0))
        link.settimeout(2)
        link.connect(("127.0.0.1", port))
        link.sendall(_first(kind, path))
    except OSError:
        link.close()
        return None
    link.setblocking(False)
    return link


def _first(kind: str, path: str) -> bytes:
    host = "Host: localhost\r\n"
    if kind == "head":
        return f"GET / HTTP/1.1\r\n{host}X-Slow: ".encode()
    if kind == "body":
        form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\nusername="
        return f"POST /sign-in/ HTTP/1.1\r\n{host}{form}".encode()
    return f"GET {path if kind == 'download' else SMALL} HTTP/1.1\r\n{host}\r\n".encode()


def _tend(selector: selectors.DefaultSelector, links: dict[socket.socket, float], kind: str) -> None:
    """Send a byte a second on each; notice what the server ended. A download takes nothing."""
    ready = {key.fileobj for key, _events in selector.select(timeout=0.05)}
    now = time.monotonic()
    for link, last in tuple(links.items()):
        over = link in ready and kind != "download" and _is_over(link)
        if not over and now - last >= 1:
            links[link] = now
            over = _fails(link, b"a" if kind in ("head", "body") else b"")
        if over:
            selector.unregister(link)
            del links[link]
            link.close()
    if kind == "download":
        time.sleep(0.2)


def _is_over(link: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        try:
            return not link.recv(65536)
        except OSError:
            return True
    return False


def _fails(link: socket.socket, data: bytes) -> bool:
    if not data:
        return link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
    try:
        link.send(data)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return False


if __name__ == "__main__":
    _name, port, kind, count, seconds, *rest = sys.argv
    main(
        int(port),
        kind,
        int(count),
        float(seconds),
        (rest or ["127.0.0.2"])[0].split(","),
        rest[1] if len(rest) > 1 else LARGE,
    )
