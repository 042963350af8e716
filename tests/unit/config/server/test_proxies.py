"""Who calls: headers of proxies count only from proxies that are configured, however they are written."""

from pathlib import Path

import pytest

from config.server.proxies import Caller, caller_of, networks
from tests.unit.config.server.served import serving

TRUSTED = networks("127.0.0.1, ::1, 10.0.0.0/8", variable="ANLAN_TRUSTED_PROXIES")


def caller(peer: str, *headers: tuple[str, str], trusted=TRUSTED) -> Caller:
    return caller_of(peer, [(name.lower().encode(), value.encode()) for name, value in headers], trusted)


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Proto", "True-Client-IP", "CF-Connecting-IP", "Via"],
)
def test_a_stranger_is_who_connects_whatever_the_headers_say(header):
    found = caller("203.0.113.9", (header, "127.0.0.1"), ("X-Forwarded-Proto", "https"))

    assert (found.address, found.scheme, found.is_proxied) == ("203.0.113.9", "http", True)
    assert not caller("127.0.0.1").is_proxied  # the machine of the proxy, which calls by itself
    assert caller("127.0.0.1", (header, "192.0.2.1")).is_proxied


def test_with_no_proxy_configured_the_machine_itself_is_no_proxy_either():
    assert caller("127.0.0.1", ("X-Forwarded-For", "192.0.2.1"), trusted=()).address == "127.0.0.1"
    assert caller("127.0.0.1", trusted=()) == Caller(address="127.0.0.1", scheme="http", is_proxied=False)


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["192.0.2.1"], "192.0.2.1"),
        (["198.51.100.7, 192.0.2.1"], "192.0.2.1"),  # the left one was written by the client
        (["198.51.100.7", "192.0.2.1"], "192.0.2.1"),  # the same on two lines
        (["192.0.2.1, 10.1.2.3"], "192.0.2.1"),  # through two proxies of ours
        (["10.9.9.9, 10.1.2.3"], "10.9.9.9"),  # all of them ours: the first is the client
        (["192.0.2.1:51234"], "192.0.2.1"),
        (["[2001:db8::7]:443"], "2001:db8::7"),
        (["2001:DB8:0:0::7"], "2001:db8::7"),
        (["::ffff:192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, unknown"], "127.0.0.1"),  # the last hop is no address: only the proxy is known
        (["192.0.2.1, "], "127.0.0.1"),
        ([""], "127.0.0.1"),
        (["evil\x00, 10.1.2.3"], "10.1.2.3"),
        ([", ".join(["10.0.0.1"] * 5000)], "10.0.0.1"),
        ([], "127.0.0.1"),
    ],
)
def test_of_a_trusted_proxy_the_rightmost_address_counts_that_is_none_itself(lines, address):
    assert caller("127.0.0.1", *(("X-Forwarded-For", line) for line in lines)).address == address


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_of_ipv6_the_limits_count_the_network_of_which_one_machine_has_every_address(address, counts_as):
    assert caller(address).counts_as == counts_as


def test_only_the_proxys_own_word_of_https_counts():
    assert caller("127.0.0.1", ("X-Forwarded-Proto", "https")).scheme == "https"
    assert caller("127.0.0.1", ("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")).scheme == "http"
    assert caller("::ffff:10.0.0.1", ("X-Forwarded-Proto", "HTTPS")).scheme == "https"


def test_a_network_that_is_none_is_named():
    with pytest.raises(ValueError, match=r'ANLAN_TRUSTED_PROXIES holds "proxy\.local"'):
        networks("127.0.0.1, proxy.local", variable="ANLAN_TRUSTED_PROXIES")
    with pytest.raises(ValueError, match=r'holds "10\.0\.0\.1/8"'):
        networks("10.0.0.1/8", variable="ANLAN_TRUSTED_PROXIES")


def test_no_header_of_a_proxy_reaches_the_pages_by_any_spelling(tmp_path: Path):
    with serving(tmp_path) as served:
        for name in ("X-Forwarded-For", "x_forwarded_for", "X-Forwarded_For"):
            said = served.ask("/", head=f"{name}: 192.0.2.1\r\n")
            assert said.endswith(b"127.0.0.1 http - 0"), name
    with serving(tmp_path, trusted=TRUSTED) as served:
        said = served.ask("/", head="X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n")
        assert said.endswith(b"192.0.2.1 https - 0")
