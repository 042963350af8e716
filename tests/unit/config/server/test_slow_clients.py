"""A slow client holds a connection and nothing else: no worker, no memory without bound, no stop that waits for it."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.server.limits import WORKERS
from config.server.spool import Quota
from tests.unit.config.server.served import LARGE, Served, rest, serving

HEAD = "POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
MORE_THAN_WORKERS = 3 * WORKERS


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as it:
        yield it


def test_bodies_that_never_end_hold_no_worker(served: Served) -> None:
    links = [served.connect() for _ in range(MORE_THAN_WORKERS)]
    for link in links:
        link.sendall(HEAD.encode() + b"x")

    assert b" 200 " in served.ask("/")[:20]
    assert b" 200 " in served.ask("/", method="POST", body=b"a" * 100)[:20]
    for link in links:
        link.close()


@pytest.mark.parametrize("path", ["/large", "/file"])
def test_readers_that_take_nothing_hold_no_worker(served: Served, tmp_path: Path, path: str) -> None:
    (tmp_path / "large").write_bytes(b"x" * LARGE)
    links = [served.connect() for _ in range(MORE_THAN_WORKERS)]
    for link in links:
        link.sendall(f"GET {path}?{tmp_path / 'large'} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert link.recv(4) == b"HTTP"

    assert b" 200 " in served.ask("/")[:20]
    for link in links:
        link.close()
    assert len(served.ask(f"{path}?{tmp_path / 'large'}").partition(b"\r\n\r\n")[2]) == LARGE


def test_a_reader_that_takes_nothing_is_cut_off_and_its_room_given_back(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.server.answering.ANSWER_SECONDS", 0.3)
    link = served.connect()
    link.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: served.application.quota.disk_taken == LARGE)

    wait_until(lambda: served.application.quota.disk_taken == 0)
    assert len(rest(link)) < LARGE


def test_a_body_that_stalls_is_answered_with_408(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.server.reading.BODY_SECONDS", 0.3)
    link = served.connect()
    link.sendall(HEAD.encode() + b"x")

    said = rest(link)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"<html" in said


def test_a_body_below_the_least_rate_ends_however_steady_it_is(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.server.reading.BODY_SECONDS", 1.0)
    link = served.connect()
    link.sendall(HEAD.encode())
    began = time.monotonic()
    try:
        while time.monotonic() - began < 8:
            link.sendall(b"x")
            time.sleep(0.1)
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "])
def test_a_head_that_does_not_end_is_ended(served: Served, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr("config.server.gate.HEAD_SECONDS", 0.2)
    link = served.connect()
    link.sendall(sent)
    assert rest(link).startswith(b"HTTP/1.1 408 ")


def test_a_kept_connection_that_begins_a_head_and_stops_is_ended(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.server.gate.HEAD_SECONDS", 0.2)
    link = served.connect()
    link.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /")
    said = rest(link)
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in said


def test_an_endless_head_is_refused_at_once(served: Served) -> None:
    link = served.connect()
    link.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 100_000)
    assert rest(link).startswith(b"HTTP/1.1 400 ")


def test_one_address_holds_so_many_connections_and_no_more(tmp_path: Path) -> None:
    with serving(tmp_path, each=5) as served:
        links = [served.connect(source="127.0.0.5") for _ in range(5)]
        wait_until(lambda: len(served.application.gate._connections) == 5)
        assert rest(served.connect(source="127.0.0.5")).startswith(b"HTTP/1.1 429 ")
        assert b" 200 " in served.ask("/", source="127.0.0.6")[:20]
        links.pop().close()
        wait_until(lambda: len(served.application.gate._connections) <= 4)
        assert b" 200 " in served.ask("/", source="127.0.0.5")[:20]


def test_connections_that_idle_give_way_to_others_of_the_same_address(tmp_path: Path) -> None:
    """A browser keeps six connections: behind one address there may be a whole hospital."""
    with serving(tmp_path, each=5) as served:
        links = [served.connect() for _ in range(5)]
        for link in links:
            link.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            said = b""
            while not said.endswith(b" - 0"):
                said += link.recv(4096)
        for _ in range(10):
            assert b" 200 " in served.ask("/")[:20]
        assert rest(links[0]) == b""
        wait_until(lambda: served.application.gate._counts.total <= 4)

        begun = [served.connect() for _ in range(5)]  # these have begun a head: none of them gives way
        for link in begun:
            link.sendall(b"GET / HT")
        wait_until(lambda: all(one.conn.trailing_data[0] for one in served.application.gate._connections))
        assert served.ask("/").startswith(b"HTTP/1.1 429 ")
        for link in (*links, *begun):
            link.close()


@pytest.mark.parametrize("large", [b"X-A: " + b"a" * 100_000 + b"\r\n", b"a:\r\n" * 20_000])
def test_a_large_head_that_comes_at_once_is_refused(served: Served, large: bytes) -> None:
    link = served.connect()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        link.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + large + b"\r\n")
    assert rest(link).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("target", ["/receipt/", "other.example:443"])
def test_the_server_is_no_tunnel(served: Served, target: str) -> None:
    link = served.connect()
    link.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert rest(link).startswith(b"HTTP/1.1 400 ")


def test_a_flood_of_tiny_chunks_is_refused_and_small_ones_are_taken(served: Served) -> None:
    """One connection that sent them stopped everybody: each costs the event loop as much as a large one."""
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    link = served.connect()
    link.sendall(head)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        link.sendall(b"1\r\na\r\n" * 40_000)
    assert rest(link).startswith(b"HTTP/1.1 400 ")

    link = served.connect()
    link.sendall(head + b"1\r\na\r\n" * 900 + (b"64\r\n" + b"a" * 100 + b"\r\n") * 3000 + b"0\r\n\r\n")
    assert rest(link).endswith(b" - 300900")


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_request_with_two_lengths_is_refused_and_its_connection_ends(served: Served, version: str) -> None:
    """A proxy may take the other one; what it takes for a body would be a request here, of whoever uses the connection next."""
    length = "Content-Length: 5\r\n" if version == "1.1" else ""
    link = served.connect()
    link.sendall(
        f"POST / HTTP/{version}\r\nHost: localhost\r\n{length}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
    )
    link.sendall(b"GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n")
    said = rest(link)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_behind_a_trusted_proxy_the_number_counts_for_the_client_that_it_names(tmp_path: Path) -> None:
    from config.server.proxies import networks

    with serving(tmp_path, each=2, trusted=networks("127.0.0.1", variable="X")) as served:
        links = [served.connect() for _ in range(2)]
        for link in links:
            link.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: 9\r\n\r\nx")
        wait_until(lambda: served.application._open.total == 2)

        assert served.ask("/", head="X-Forwarded-For: 192.0.2.1\r\n").startswith(b"HTTP/1.1 429 ")
        assert served.ask("/", head="X-Forwarded-For: 192.0.2.2\r\n").endswith(b"192.0.2.2 http - 0")
        for link in links:
            link.close()


def test_one_address_does_not_fill_the_queue_before_the_workers(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.server.limits.WAITING", 16)
    links = [served.connect(source="127.0.0.5") for _ in range(WORKERS + 20)]
    for link in links:
        link.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    wait_until(lambda: served.application.workers.waiting >= 8)

    assert b" 200 " in served.ask("/slow", source="127.0.0.6")[:20]
    answers = [rest(link)[:12] for link in links]
    assert {answer[9:12] for answer in answers} == {b"200", b"429"}
    assert answers.count(b"HTTP/1.1 200") >= WORKERS + 8


def test_unfinished_bodies_of_one_address_leave_room_for_a_whole_form(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.server.reading.UNCOUNTED_SECONDS", 0.1)
    served.application.bodies._unfinished.most_each = 4
    links = [served.connect() for _ in range(5)]
    for link in links:
        link.sendall(HEAD.encode() + b"x")
    wait_until(lambda: served.application.bodies._unfinished.total == 4)

    assert b" 200 " in served.ask("/", method="POST", body=b"a" * 100)[:20]
    refused = rest(links[4])
    assert refused.startswith(b"HTTP/1.1 429 ")
    assert b"retry-after: 10" in refused.lower()


def test_a_stop_waits_for_what_is_under_way_and_not_for_the_slow(served: Served) -> None:
    answers: list[bytes] = []
    body, head, fast = (
        served.connect(),
        served.connect(),
        threading.Thread(target=lambda: answers.append(served.ask("/slow"))),
    )
    body.sendall(HEAD.encode() + b"x")
    head.sendall(b"GET / HT")
    fast.start()
    wait_until(lambda: served.application._open.total == 2)

    began = time.monotonic()
    served.server.should_exit = True
    served.thread.join(timeout=12)

    assert not served.thread.is_alive()
    assert time.monotonic() - began < 8  # far below what the limits would wait
    fast.join()
    assert b" 200 " in answers[0][:20]
    assert rest(body).startswith(b"HTTP/1.1 503 ")


def test_what_is_spooled_is_not_plain_has_no_name_and_is_counted(served: Served, tmp_path: Path) -> None:
    quota, secret = served.application.quota, b"SECRET-A" * (3 * 2**17)
    link = served.connect()
    link.sendall(b"POST /receipt/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3145728\r\n\r\n")
    link.sendall(secret[:-64])
    wait_until(lambda: quota.disk_taken > 3_000_000)

    assert list(tmp_path.iterdir()) == []
    (file,) = [fd for fd in Path("/proc/self/fd").iterdir() if str(tmp_path) in linked_to(fd)]
    assert linked_to(file).endswith("(deleted)")
    stored = file.read_bytes()
    assert len(stored) > 2_000_000
    assert b"SECRET-A" not in stored
    link.sendall(secret[-64:])
    assert rest(link).endswith(b"127.0.0.1 http - 3145728")
    wait_until(lambda: (quota.disk_taken, quota.memory_taken) == (0, 0))


def test_the_room_of_one_address_is_bounded_and_the_others_keep_theirs(tmp_path: Path) -> None:
    quota = Quota(memory=2**20, disk=8 * 2**20, disk_each=2 * 2**20)
    with serving(tmp_path, quota=quota) as served:
        large = b"a" * (5 * 2**19)
        assert served.ask("/receipt/", method="POST", body=large, source="127.0.0.7").startswith(b"HTTP/1.1 429 ")
        assert b" 200 " in served.ask("/receipt/", method="POST", body=large[: 3 * 2**19], source="127.0.0.8")[:20]
        wait_until(lambda: quota.disk_taken == 0)
        said = served.ask("/large")  # an answer that finds no room: the work itself is done
        assert said.startswith(b"HTTP/1.1 503 ")
        wait_until(lambda: quota.disk_taken == 0)


def test_a_full_disk_refuses_a_large_body_and_leaves_small_ones_alone(served: Served, monkeypatch) -> None:
    def refuse(**_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("config.server.spool.tempfile.TemporaryFile", refuse)
    said = served.ask("/receipt/", method="POST", body=b"a" * (3 * 2**20))
    assert said.startswith(b"HTTP/1.1 503 ")
    assert b" 200 " in served.ask("/receipt/", method="POST", body=b"a" * 1000)[:20]
    wait_until(lambda: served.application.quota.memory_taken == 0)


def test_many_small_bodies_do_not_fill_the_memory(tmp_path: Path) -> None:
    quota = Quota(memory=100_000, disk=2**24, disk_each=2**24)
    with serving(tmp_path, quota=quota) as served:
        links = [served.connect() for _ in range(20)]
        for link in links:
            link.sendall(HEAD.replace("1000", "30000").encode() + b"x" * 20_000)
        wait_until(lambda: quota.disk_taken + quota.memory_taken == 400_000)
        assert quota.memory_taken <= 100_000
        for link in links:
            link.close()
        wait_until(lambda: quota.disk_taken == quota.memory_taken == 0)


def linked_to(file: Path) -> str:
    return str(file.readlink()) if file.is_symlink() else ""


def wait_until(holds, seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It did not come to that."
        time.sleep(0.02)
