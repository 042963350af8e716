"""Who calls: the one place where a client's address is told. Headers of proxies count only from proxies that are configured.

Everything behind (throttle, access log, sessions, limits) reads `REMOTE_ADDR`, which the server sets from here; the headers
themselves go no further, so that no library can believe them.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from anlan.org.door.addresses import counted_as

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDED_FOR, FORWARDED_PROTO = b"x-forwarded-for", b"x-forwarded-proto"
# What proxies add. All of it is taken out of a request before Django sees it.
PROXY_HEADERS = frozenset(
    (FORWARDED_FOR, FORWARDED_PROTO, b"forwarded", b"x-forwarded-host", b"x-forwarded-port", b"x-forwarded-server",
     b"x-forwarded-prefix", b"x-forwarded-ssl", b"x-forwarded-scheme", b"x-scheme", b"x-url-scheme", b"front-end-https",
     b"x-real-ip", b"x-client-ip", b"x-cluster-client-ip", b"client-ip", b"true-client-ip", b"cf-connecting-ip",
     b"x-original-forwarded-for", b"via")
)  # fmt: skip
MOST_HOPS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request: the address, whether it came over HTTPS, and whether through a proxy."""

    address: str
    scheme: str = "http"
    is_proxied: bool = False

    @property
    def counts_as(self) -> str:
        """What the limits count: see `anlan.org.door.addresses`."""
        return counted_as(self.address)


def networks(text: str, *, variable: str) -> tuple[Network, ...]:
    """Read addresses and networks, separated by commas. Raises: ValueError, naming the variable and the part."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(ipaddress.ip_network(part))
        except ValueError as error:
            raise ValueError(
                f'{variable} holds "{part}"; write addresses and networks separated by commas, for example '
                '"127.0.0.1, 10.1.2.0/24"; a network has no bits of a host.'
            ) from error
    return tuple(found)


def caller_of(peer: str, headers: Sequence[tuple[bytes, bytes]], trusted: Sequence[Network]) -> Caller:
    """Return who sent a request that came from `peer`.

    Of a trusted peer the rightmost address of `X-Forwarded-For` counts that is no trusted proxy itself; what stands left of it was
    written by the client. An entry that is no address ends the walk: the proxy after it is the last that is known.
    """
    said_by_proxy = any(name.lower() in PROXY_HEADERS for name, _value in headers)
    if not _is_in(_address(peer), trusted):
        return Caller(address=plain(peer), is_proxied=said_by_proxy)
    schemes = _values(headers, FORWARDED_PROTO)
    scheme = "https" if schemes and schemes[-1].lower() == "https" else "http"
    address = _walked(peer, _values(headers, FORWARDED_FOR), trusted)
    return Caller(address=address, scheme=scheme, is_proxied=said_by_proxy)


def is_listed(address: str, listed: Iterable[Network]) -> bool:
    """Tell whether an address lies in one of the networks."""
    return _is_in(_address(address), tuple(listed))


def plain(text: str) -> str:
    """Return an address in its one spelling: an IPv4 address that is dressed as IPv6 is undressed, a zone is cut off."""
    found = _address(text)
    return str(found) if found else text


def _walked(peer: str, hops: list[str], trusted: Sequence[Network]) -> str:
    last = plain(peer)
    for hop in hops[: -MOST_HOPS - 1 : -1]:
        found = _address(_without_port(hop))
        if found is None:
            return last
        last = str(found)
        if not _is_in(found, trusted):
            return last
    return last


def _values(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> list[str]:
    lines = [value.decode("latin-1") for name, value in headers if name.lower() == wanted]
    return [part.strip() for part in ",".join(lines).split(",")] if lines else []


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _is_in(address: Address | None, listed: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in listed)
