"""The worker thread: it carries out jobs and stops when told."""

import threading
import time

import pytest
from django.db import OperationalError

from anlan.org.jobs import Job, enqueue, handler
from anlan.org.worker import background_rounds, background_worker, carry_out, run_rounds, run_worker

done: list[str] = []


@handler("test.note")
def note(job: Job) -> None:
    done.append(job.arguments["text"])


@pytest.mark.django_db(transaction=True)
def test_a_background_worker_carries_out_a_job_and_ends_with_its_block() -> None:
    done.clear()
    job = enqueue("test.note", text="a")
    with background_worker() as thread:
        deadline = time.monotonic() + 10
        while not done and time.monotonic() < deadline:
            time.sleep(0.05)
    assert done == ["a"]
    assert not thread.is_alive()
    assert Job.objects.get(pk=job.pk).state == Job.State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_told_to_stop_takes_no_job() -> None:
    done.clear()
    enqueue("test.note", text="b")
    stop = threading.Event()
    stop.set()
    run_worker(stop)
    assert done == []


@pytest.mark.django_db(transaction=True)
def test_rounds_come_again_and_one_that_fails_does_not_hold_up_the_others() -> None:
    stop, calls = threading.Event(), {"good": 0, "bad": 0}

    def good() -> None:
        calls["good"] += 1
        if calls["good"] == 3:
            stop.set()

    def bad() -> None:
        calls["bad"] += 1
        raise ValueError("no key")

    run_rounds(stop, (bad, good), every_seconds=0.001)
    assert calls == {"good": 3, "bad": 1}


def test_a_round_that_meets_a_busy_database_comes_again_at_once(caplog: pytest.LogCaptureFixture) -> None:
    def busy() -> None:
        raise OperationalError("database is locked")

    assert carry_out(busy)
    assert "The round busy waits for the database: database is locked" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_background_rounds_end_with_their_block() -> None:
    called = threading.Event()
    with background_rounds((called.set,)) as thread:
        assert called.wait(5)
    assert not thread.is_alive()
