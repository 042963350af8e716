"""Figures for Prometheus at `/metrics`, on the watchers' port; for everybody else the page does not exist.

Requests are counted by this process. What the worker does is read from the database, so one scrape of the server tells of both.
Labels are route names, never addresses with somebody's data in them.
"""

import shutil
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from anlan.flow.audit import walk_of_audit
from anlan.flow.audit_findings import open_count
from anlan.ledger.models import Entry, TreeHead, Unsequenced
from anlan.org.jobs import Job
from anlan.org.scope import as_system
from config.backup.make import newest_backup
from config.health import look, may_watch, sequencer_lag
from config.outage import seen

REGISTRY = CollectorRegistry(auto_describe=False)
REQUESTS = Histogram(
    "anlan_request_seconds",
    "Requests by route, method and status, and how long they took.",
    ("route", "method", "status"),
    registry=REGISTRY,
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class MetricsMiddleware:
    """Times every request. It stands outermost, so that refusals count too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        answer = self.get_response(request)
        match = request.resolver_match
        route = (match.view_name or match.route) if match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, str(answer.status_code)).observe(time.perf_counter() - began)
        return answer


class Stored:
    """Figures that the database and the disk hold, read at each scrape. Without a database the others still come."""

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with its one value, or one by label."""
        yield _gauge("anlan_disk_free_bytes", "Free space of the home.", shutil.disk_usage(settings.HOME.path).free)
        newest = newest_backup()
        if newest:
            age = (timezone.now() - newest).total_seconds()
            yield _gauge("anlan_backup_age_seconds", "Age of the newest backup.", age)
        yield self._failures()
        holds = GaugeMetricFamily("anlan_check_holds", "1 where a check of /health/ready holds.", labels=["check"])
        for check in look(now=timezone.now()):
            holds.add_metric([check.name], float(check.holds))
        yield holds
        try:
            with as_system("metrics"):
                found = list(self._ledger_and_jobs())
            yield from found
        except (DatabaseError, InterfaceError):
            return

    def _ledger_and_jobs(self) -> Iterator[Metric]:
        written = CounterMetricFamily("anlan_writes", "Audited writes: entries of the ledger.")
        written.add_metric([], Entry.objects.aggregate(last=Max("pk"))["last"] or 0)
        yield written
        yield _gauge("anlan_ledger_waiting", "Entries that wait for their position.", Unsequenced.objects.count())
        lag = sequencer_lag(timezone.now()).total_seconds()
        yield _gauge("anlan_ledger_lag_seconds", "For how long entries have waited while none was placed.", lag)
        size = TreeHead.objects.aggregate(most=Max("size"))["most"] or 0
        yield _gauge("anlan_ledger_size", "Entries in the tree.", size)
        yield from _audit()
        jobs = GaugeMetricFamily("anlan_jobs", "Jobs by kind and state.", labels=["kind", "state"])
        for kind, state, count in Job.objects.values_list("kind", "state").annotate(count=Count("pk")).order_by():
            jobs.add_metric([kind, state], count)
        yield jobs

    @staticmethod
    def _failures() -> Metric:
        family = CounterMetricFamily(
            "anlan_failures", "Answers that failed or were refused before a worker, by id.", labels=["id"]
        )
        for name, count in sorted(seen.items()):
            family.add_metric([name], count)
        return family


def _audit() -> Iterator[Metric]:
    """The running audit: what is open, and the last whole turn; before the first one its figures are left out."""
    yield _gauge("anlan_audit_findings", "Open findings of the running audit.", open_count())
    walk = walk_of_audit()
    if walk is not None and walk.ended_at is not None:
        age = (timezone.now() - walk.ended_at).total_seconds()
        yield _gauge("anlan_audit_turn_age_seconds", "Since when the last whole turn of the audit has ended.", age)
        yield _gauge("anlan_audit_turn_seconds", "How long the last whole turn took.", walk.ended_seconds)
        yield _gauge("anlan_audit_turn_seen", "What the last whole turn compared.", walk.ended_seen)


def _gauge(name: str, says: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, says)
    family.add_metric([], value)
    return family


REGISTRY.register(Stored())


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return every figure in Prometheus's text form. Raises: Http404 for who may not watch."""
    if not may_watch(request):
        raise Http404
    return HttpResponse(generate_latest(REGISTRY), content_type="text/plain; version=0.0.4; charset=utf-8")
