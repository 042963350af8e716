"""The access log to a syslog server (RFC 5424): `ANLAN_SYSLOG=udp://host:514`, `tcp://host:601` or `unix:/dev/log`.

A round sends what was added since the last time and moves its cursor on when the server took it, so a server that is away loses
nothing over TCP or a socket of this machine. UDP promises nothing: choose TCP where every line counts.
"""

import datetime as dt
import os
import socket
from dataclasses import dataclass
from urllib.parse import urlparse

from django.conf import settings

from anlan.org.access import Access, AccessCursor

FACILITY = 13  # log audit (RFC 5424, table 1)
NOTICE, WARNING = 5, 4
WARNED = frozenset({Access.Kind.FAILURE, Access.Kind.LOCK, Access.Kind.UNMASK})
ENTERPRISE = 32473  # the number that RFC 5612 keeps for examples: this project has none of its own
AT_ONCE = 500
TIMEOUT_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where lines go: a transport, and host and port or a path."""

    transport: str
    host: str = ""
    port: int = 0
    path: str = ""


def target_of(text: str) -> Target:
    """Return the target that a setting names. Raises: ValueError, saying what is understood."""
    parts = urlparse(text)
    if parts.scheme == "unix" and parts.path:
        return Target(transport="unix", path=parts.path)
    if parts.scheme in ("udp", "tcp") and parts.hostname:
        return Target(
            transport=parts.scheme, host=parts.hostname, port=parts.port or {"udp": 514, "tcp": 601}[parts.scheme]
        )
    raise ValueError(f'ANLAN_SYSLOG is "{text}"; use udp://host:514, tcp://host:601 or unix:/dev/log.')


def forward() -> int:
    """Send the rows that the server has not got yet and return how many; 0 where no server is set.

    Raises: OSError when the server cannot be reached; the same rows are sent again later.
    """
    if not settings.ANLAN_SYSLOG:
        return 0
    cursor, _is_new = AccessCursor.objects.get_or_create(name="syslog")
    rows = list(Access.objects.filter(pk__gt=cursor.last).order_by("pk")[:AT_ONCE])
    if rows:
        send(target_of(settings.ANLAN_SYSLOG), [line_of(row) for row in rows])
        AccessCursor.objects.filter(name="syslog").update(last=rows[-1].pk)
    return len(rows)


def line_of(row: Access) -> bytes:
    """Return a row as a message of RFC 5424, in UTF-8 without a line end."""
    severity = WARNING if row.kind in WARNED else NOTICE
    at = row.at.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    values = {
        "id": row.pk,
        "person": row.person_id or "",
        "who": row.who,
        "place": row.path,
        "register": row.register,
        "record": row.record_uid or "",
        "count": row.count,
        "address": row.address,
        "reason": row.reason,
    }
    data = " ".join(f'{name}="{_escaped(value)}"' for name, value in values.items() if value not in ("", None))
    head = f"<{FACILITY * 8 + severity}>1 {at} {_name(socket.gethostname())} anlan {os.getpid()} {row.kind}"
    return f"{head} [access@{ENTERPRISE} {data}] \ufeff{_one_line(row.what) or row.kind}".encode()


def send(target: Target, lines: list[bytes]) -> None:
    """Send the lines; over TCP each with its length before it (RFC 6587, octet counting). Raises: OSError."""
    if target.transport == "tcp":
        with socket.create_connection((target.host, target.port), timeout=TIMEOUT_SECONDS) as link:
            link.sendall(b"".join(b"%d %s" % (len(line), line) for line in lines))
        return
    is_unix = target.transport == "unix"
    family = socket.AF_UNIX if is_unix else socket.getaddrinfo(target.host, target.port)[0][0]
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.settimeout(TIMEOUT_SECONDS)
        link.connect(target.path if is_unix else (target.host, target.port))
        for line in lines:
            link.send(line)


def _escaped(value: object) -> str:
    text = _one_line(str(value))
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _one_line(text: str) -> str:
    return "".join(" " if letter < " " else letter for letter in text)


def _name(text: str) -> str:
    return "".join(letter for letter in text if "!" <= letter <= "~")[:255] or "-"
