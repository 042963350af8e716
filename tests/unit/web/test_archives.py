"""Archive packages on screen: the office asks, the worker writes, and only who asked takes the file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from anlan.exchange.archive.work import path_of
from anlan.ledger.models import TreeHead
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import own_signer, sign_newest
from anlan.org.access import Access
from anlan.org.jobs import Job, run_next
from anlan.org.models import Person
from anlan.org.scope import Actor
from tests.records import list_place
from tests.unit.exchange.packages import findings
from tests.world import World, employ

pytestmark = [pytest.mark.database, pytest.mark.django_db]
AT = "/at/A/2025/archives/"


@pytest.fixture(autouse=True)
def places(world: World, li_actor: Actor, settings: Any, tmp_path: Path) -> None:
    settings.ANLAN_KEYS_FOLDER, settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path), str(tmp_path / "evidence")
    list_place(world.hospital_a, by=li_actor)
    Sequencer().run()
    sign_newest()


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def test_the_office_asks_for_a_package_and_takes_it(li: Person, client_as: Callable[..., Client]) -> None:
    client = english(client_as(li))
    assert "No package yet" in client.get(AT).content.decode()
    assert client.post(AT, {"years": "one", "evidence": "1"})["Location"] == AT
    waiting = client.get(AT).content.decode()
    assert ("Waiting" in waiting, 'hx-trigger="every 1s"' in waiting) == (True, True)
    while run_next(now=timezone.now()):
        pass
    job = Job.objects.get(kind="archive.make")
    page = client.get(AT, headers={"HX-Request": "true"}).content.decode()
    assert "1 records, 1 entries, 0 files" in page
    assert f'href="{AT}{job.uid}/"' in page
    sent = client.get(f"{AT}{job.uid}/")
    assert sent["Content-Disposition"] == f'attachment; filename="anlan-A-{job.uid.hex[:8]}.zip"'
    assert findings(b"".join(sent.streaming_content), str(own_signer().verifier)) == (0, [])


def test_a_package_lies_encrypted_and_a_changed_one_breaks_off(li: Person, client_as: Callable[..., Client]) -> None:
    client = client_as(li, raise_request_exception=False)
    client.post(AT, {"evidence": "1"})
    while run_next(now=timezone.now()):
        pass
    job = Job.objects.get(kind="archive.make")
    stored = path_of(job).read_bytes()
    sent = client.get(f"{AT}{job.uid}/")
    whole = b"".join(sent.streaming_content)
    assert (len(whole), whole[:4]) == (int(sent["Content-Length"]), b"PK\3\4")
    assert int(sent["Content-Length"]) == job.result["bytes"]
    assert (b"PK" in stored[:200], b"README.txt" in stored, b"checkpoint" in stored) == (False, False, False)

    path_of(job).write_bytes(stored[:-1])
    refused = client.get(f"{AT}{job.uid}/")
    assert (refused.status_code, "outage.E006" in refused.content.decode()) == (503, True)


def test_each_taking_of_a_package_stands_in_the_access_log(li: Person, client_as: Callable[..., Client]) -> None:
    """The row of its making says who asked for it; whoever takes it a week later, or once more, has a row too."""
    client = client_as(li)
    client.post(AT, {"evidence": "1"})
    while run_next(now=timezone.now()):
        pass
    job = Job.objects.get(kind="archive.make")
    for _ in range(2):
        assert client.get(f"{AT}{job.uid}/", REMOTE_ADDR="10.0.0.7").status_code == 200
    rows = Access.objects.filter(kind="export", what="archive package taken").values("person_id", "count", "address")
    assert list(rows) == [{"person_id": li.pk, "count": 1, "address": "10.0.0.7"}] * 2

    path_of(job).write_bytes(path_of(job).read_bytes()[:-1])
    careless = client_as(li, raise_request_exception=False)
    assert careless.get(f"{AT}{job.uid}/").status_code == 503
    assert Access.objects.filter(what="archive package taken").count() == 2


def test_nobody_else_takes_it(
    li: Person, zhao: Person, shen: Person, world: World, client_as: Callable[..., Client]
) -> None:
    client_as(li).post(AT, {"register": "key_place"})
    while run_next(now=timezone.now()):
        pass
    job = Job.objects.get(kind="archive.make")
    assert client_as(li).get(f"{AT}{job.uid}/").status_code == 200
    colleague = employ("he", "何平", "office", world.hospital_a.unit)
    assert [client_as(one).get(f"{AT}{job.uid}/").status_code for one in (colleague, shen, zhao)] == [404, 404, 404]
    assert client_as(zhao).get(f"/at/B/2025/archives/{job.uid}/").status_code == 404
    assert str(job.uid) not in client_as(shen).get(AT).content.decode()


def test_a_job_that_is_handed_to_somebody_else_by_sql_has_no_package(
    li: Person, world: World, client_as: Callable[..., Client]
) -> None:
    """A job written by SQL in Li's name, and then made another's, gave away what Li may read, opened by the worker."""
    client_as(li).post(AT, {"register": "key_place"})
    while run_next(now=timezone.now()):
        pass
    job = Job.objects.get(kind="archive.make")
    colleague = employ("he", "何平", "office", world.hospital_a.unit)
    Job.objects.filter(pk=job.pk).update(arguments=job.arguments | {"person": colleague.pk})
    assert client_as(colleague).get(f"{AT}{job.uid}/").status_code == 404


def test_who_may_not_take_packages_finds_no_page(
    qian: Person, wang: Person, chen: Person, client_as: Callable[..., Client]
) -> None:
    assert [client_as(one).get(AT).status_code for one in (qian, wang, chen)] == [404, 404, 404]
    assert "archives/" not in client_as(qian).get("/at/A/2025/registers/").content.decode()


def test_the_register_index_leads_there(li: Person, shen: Person, client_as: Callable[..., Client]) -> None:
    for person in (li, shen):
        assert f'href="{AT}"' in client_as(person).get("/at/A/2025/registers/").content.decode()


def test_a_package_is_kept_for_a_week(li: Person, client_as: Callable[..., Client]) -> None:
    client = client_as(li)
    for _ in range(2):
        client.post(AT, {})
        while run_next(now=timezone.now()):
            pass
        paths = [path_of(job) for job in Job.objects.order_by("pk")]
        if len(paths) == 1:
            os.utime(paths[0], (0, 0))  # written long ago
    assert [path.exists() for path in paths] == [False, True]


def test_a_package_that_fails_is_said_so(li: Person, client_as: Callable[..., Client]) -> None:
    TreeHead.objects.update(checkpoint="")
    client = english(client_as(li))
    client.post(AT, {})
    while run_next(now=timezone.now()):
        pass
    assert "It was not written." in client.get(AT).content.decode()
