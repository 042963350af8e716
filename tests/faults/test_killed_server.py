"""kill -9 of the server while several clients write: what was acknowledged is there, once, and numbers are not given twice."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable

import pytest

from tests.faults.installation import Installation, Server

pytestmark = [pytest.mark.database, pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db]
CLIENTS = 4
OPENING = {
    "institution": "A",
    "values": {
        "occurred_on": "2025-03-10",
        "area": "fire",
        "level": "general",
        "description": "消防通道堆放杂物",
    },
}
STORED = """
from anlan.flow.models import Counter
from anlan.flow.spec import find_register
from anlan.ledger.models import Entry
from anlan.org.scope import as_system
with as_system("test"):
    rows = list(find_register("hazard").model.objects.values_list("uid", "number"))
    entries = list(Entry.objects.filter(register="hazard").values_list("record_uid", "version"))
print(json.dumps({
    "rows": [[str(uid), number] for uid, number in rows],
    "entries": [[str(uid), version] for uid, version in entries],
    "last": Counter.objects.get(register="hazard").last,
}))
"""


class Client(threading.Thread):
    """Writes its share, one record after the other; a write without an answer is sent again with the same key."""

    def __init__(self, server: Server, number: int, share: int) -> None:
        super().__init__(daemon=True)
        self.server, self.number, self.share = server, number, share
        self.acknowledged: dict[str, tuple[str, str]] = {}
        self.repeated = 0
        self.fault = ""

    def run(self) -> None:
        """Go on until every write of the share is acknowledged."""
        for count in range(self.share):
            key = f"c{self.number}-{count}"
            while key not in self.acknowledged and not self.fault:
                self._write(key)

    def _write(self, key: str) -> None:
        try:
            answer = self.server.call("POST", "/api/v1/registers/hazard/records", OPENING, key=key)
        except (OSError, http.client.HTTPException):
            self.repeated += 1
            time.sleep(0.05)
            return
        if answer.status == 201:
            record = json.loads(answer.text)
            self.acknowledged[key] = (record["uid"], record["number"])
        else:
            self.fault = f"{answer.status}: {answer.text[:500]}"


def test_killing_the_server_loses_no_acknowledged_write_and_doubles_no_number(
    installation: Installation, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    writes, kills = times(240, 10_000), times(2, 6)
    server, dice = Server(installation), random.Random(20251103)
    server.start()
    clients = [Client(server, number, writes // CLIENTS) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for kill in range(kills):
        _until(clients, int(writes * (kill + 0.5) / kills))
        time.sleep(dice.random() * 0.05)
        server.kill()
        server.start()
    for client in clients:
        client.join(timeout=900)
    time.sleep(2)  # the sequencer comes every second
    server.kill()

    assert [client.fault for client in clients] == [""] * CLIENTS
    acknowledged = [pair for client in clients for pair in client.acknowledged.values()]
    stored = json.loads(installation.script(STORED))
    rows, entries = [tuple(row) for row in stored["rows"]], [tuple(entry) for entry in stored["entries"]]
    assert len(acknowledged) == writes
    assert set(acknowledged) - set(rows) == set()  # 0 lost
    assert len({number for _, number in rows}) == len(rows)  # 0 numbers twice
    assert len(rows) == writes == stored["last"]  # a repeated write is no second record, and no number is left out
    assert sorted(entries) == sorted((uid, 1) for uid, _ in rows)
    checked = installation.command("check")
    assert checked.returncode == 0, checked.stdout
    tell(
        acknowledged=len(acknowledged),
        kills=kills,
        repeated=sum(client.repeated for client in clients),
        lost=0,
        doubled=0,
    )


def _until(clients: list[Client], written: int) -> None:
    while sum(len(client.acknowledged) for client in clients) < written and not any(client.fault for client in clients):
        time.sleep(0.01)
