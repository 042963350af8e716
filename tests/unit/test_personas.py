"""The fixtures themselves: the home is temporary, the network is shut, and each persona reaches what the docstring says."""

import socket

import pytest
from django.conf import settings
from django.db import connection

from anlan.org.policy import institutions_for
from tests.network import NetworkReached

REACH = {
    "li": ["A"], "qian": ["A"], "zhou": ["A"], "wang": ["A"], "tang": ["A"], "zhao": ["B"], "chen": ["A", "B"], "feng": ["C"],
    "shen": ["A", "B"], "guan": [], "bai": [],
}  # fmt: skip


@pytest.mark.database
@pytest.mark.parametrize("persona", REACH)
def test_each_persona_reaches_the_institutions_named_here(persona, request, world):
    actor = request.getfixturevalue(f"{persona}_actor")

    assert [institution.code for institution in institutions_for(actor)] == REACH[persona]


def test_the_home_is_temporary():
    assert "anlan-test-" in str(settings.HOME.path)


def test_a_connection_beyond_this_machine_is_refused():
    with pytest.raises(NetworkReached, match=r'reach "192\.0\.2\.1"'):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(NetworkReached, match=r"example\.org"):
        socket.getaddrinfo("example.org", 80)


@pytest.mark.database
def test_the_option_chooses_the_database(db, pytestconfig):
    assert connection.vendor == ("postgresql" if pytestconfig.getoption("--postgres") else "sqlite")
