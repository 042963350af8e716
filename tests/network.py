"""The suite reaches no network: connections go to loopback addresses and local sockets only."""

import ipaddress
import socket
from typing import Any

import pytest


class NetworkReached(AssertionError):
    """A test tried to leave this machine."""


def guard_sockets(patch: pytest.MonkeyPatch) -> None:
    """Refuse connections and name look-ups beyond this machine."""
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    look_up = socket.getaddrinfo

    def local_only(host: Any, *rest: Any, **options: Any) -> Any:
        _require_local(host)
        return look_up(host, *rest, **options)

    patch.setattr(socket, "getaddrinfo", local_only)


def _guarded(real: Any) -> Any:
    def call(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _require_local(address[0])
        return real(self, address)

    return call


def _require_local(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        is_local = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise NetworkReached(
            f'A test tried to reach "{name}". Tests use loopback addresses only; give the code a fake.'
        )
