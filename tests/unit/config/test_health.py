"""Health and metrics: one word for strangers, reasons and figures for listed addresses."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone

from anlan.ledger.models import TreeHead
from anlan.ledger.sequencer import Sequencer
from config import health
from config.health import sequencer_lag
from tests.unit.ledger.log import write

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WATCHES = {"anlan.watches": True}  # as the server says of a request on the watchers' port


def checks(client):
    answer = client.get("/health/ready", **WATCHES)
    return answer.status_code, answer.json()["status"], {one["name"]: one["holds"] for one in answer.json()["checks"]}


def test_ready_looks_at_everything(client):
    code, word, found = checks(client)

    assert (code, word) == (200, "ready")
    assert found == {"database": True, "sequencer": True, "disk": True, "keys": True, "backup": True}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "anlan.watches", "Anlan-Watches"])
def test_a_stranger_gets_one_word_and_no_metrics_whatever_the_headers_say(client, header):
    assert client.get("/health/ready", headers={header: "127.0.0.1"}).json() == {"status": "ready"}
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_a_sequencer_that_stands_still_makes_it_unready(client):
    write(2)
    Sequencer().run()
    TreeHead.objects.update(at=timezone.now() - dt.timedelta(seconds=9))
    assert checks(client)[0] == 200
    write(1)

    code, word, found = checks(client)

    assert (code, word, found["sequencer"]) == (503, "not ready", False)
    lag = sequencer_lag(timezone.now())
    assert dt.timedelta(seconds=8) < lag < dt.timedelta(seconds=60)


def test_a_missing_key_and_a_full_disk_make_it_unready(client, settings, tmp_path, monkeypatch):
    settings.ANLAN_FIELD_KEYS_FOLDER = str(tmp_path)
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 2**62)

    code, _, found = checks(client)

    assert (code, found["keys"], found["disk"], found["database"]) == (503, False, False, True)


def test_a_database_that_does_not_answer_makes_it_unready(client, monkeypatch):
    def gone(_now):
        raise OperationalError("connection refused")

    monkeypatch.setitem(health._CHECKS, "database", gone)

    assert checks(client)[0] == 503


def test_a_late_backup_degrades_and_the_server_goes_on(client, settings, tmp_path):
    settings.ANLAN_BACKUP_AT, settings.ANLAN_BACKUP_FOLDER = dt.time(2, 30), str(tmp_path)
    assert checks(client)[:2] == (200, "degraded")

    (Path(tmp_path) / f"{timezone.now():anlan-%Y%m%dT%H%M%SZ}.backup").touch()
    assert checks(client)[:2] == (200, "ready")


def test_metrics_tell_requests_writes_lag_and_failures(client):
    write(3)
    Sequencer().run()
    write(2)
    client.get("/health/ready")

    text = client.get("/metrics", **WATCHES).content.decode()

    assert re.search(r'anlan_request_seconds_count\{method="GET",route="health-ready",status="200"\} \d+', text)
    assert re.search(r"^anlan_ledger_waiting 2.0$", text, re.MULTILINE)
    assert re.search(r"^anlan_ledger_size 3.0$", text, re.MULTILINE)
    assert 'anlan_check_holds{check="database"} 1.0' in text
    for name in ("anlan_writes_total", "anlan_ledger_lag_seconds", "anlan_disk_free_bytes"):
        assert re.search(rf"^{name} ", text, re.MULTILINE), name


def test_a_route_is_named_without_what_stands_in_its_address(client):
    client.get("/at/SECRET-CODE/2025/")

    assert "SECRET-CODE" not in client.get("/metrics", **WATCHES).content.decode()
