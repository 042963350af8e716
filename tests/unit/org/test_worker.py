"""The worker thread: it carries out jobs and stops when told."""

import threading
import time

import pytest

from anlan.org.jobs import Job, enqueue, handler
from anlan.org.worker import background_worker, run_worker

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
