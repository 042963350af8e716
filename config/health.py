"""Whether this installation is ready, for load balancers and watchers: `/health/ready`. `/health/live` is the server's own answer.

`ready` looks at database, sequencer, disk, keys and backups. A late backup makes it degraded, not unready: taking the server away
would not make the backup. Everybody gets one word; watchers (`config.server.health`) get the reasons.
"""

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from anlan.ledger.models import TreeHead, Unsequenced
from anlan.org.scope import as_system
from anlan.vault.errors import VaultError
from anlan.vault.ring import ring
from config.backup.copies import left_copies
from config.backup.make import newest_backup
from config.server.bridge import WATCHES

LAG_LIMIT = dt.timedelta(seconds=5)
LEAST_FREE_BYTES = 200 * 2**20
BACKUP_LIMIT = dt.timedelta(hours=26)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. What is not `needed` degrades without making unready."""

    name: str
    holds: bool
    said: str
    needed: bool = True


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether requests can be served: 200 ready or degraded, 503 not ready."""
    checks = look(now=timezone.now())
    is_ready = all(check.holds for check in checks if check.needed)
    word = "ready" if all(check.holds for check in checks) else "degraded" if is_ready else "not ready"
    body = {"status": word, **({"checks": [asdict(check) for check in checks]} if may_watch(request) else {})}
    return JsonResponse(body, status=200 if is_ready else 503)


def look(*, now: dt.datetime) -> tuple[Check, ...]:
    """Look at everything that a request needs. A check that cannot look does not hold."""
    return tuple(_held(name, check, now) for name, check in _CHECKS.items())


def _held(name: str, check: Callable[[dt.datetime], Check], now: dt.datetime) -> Check:
    try:
        return check(now)
    except (DatabaseError, InterfaceError, OSError, VaultError) as error:
        return Check(name=name, holds=False, said=f"cannot be told: {type(error).__name__}", needed=name != "backup")


def _database(_now: dt.datetime) -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return Check(name="database", holds=True, said=connection.vendor)


def sequencer_lag(now: dt.datetime) -> dt.timedelta:
    """Return for how long entries have waited while the sequencer placed none; zero when none waits.

    Counted from the newest head or the oldest waiting entry, whichever is later: records of the past may come in today.
    """
    with as_system("how long entries wait"):  # whoever asks sees no entry, and so none that waits
        oldest = Unsequenced.objects.order_by("entry_id").values_list("entry__recorded_at", flat=True).first()
    if oldest is None:
        return dt.timedelta()
    head = TreeHead.objects.order_by("-size").values_list("at", flat=True).first()
    return max(dt.timedelta(), now - max(oldest, head or oldest))


def _sequencer(now: dt.datetime) -> Check:
    lag = sequencer_lag(now)
    return Check(name="sequencer", holds=lag <= LAG_LIMIT, said=f"{lag.total_seconds():.1f} s behind")


def _disk(_now: dt.datetime) -> Check:
    free = shutil.disk_usage(settings.HOME.path).free
    return Check(name="disk", holds=free >= LEAST_FREE_BYTES, said=f"{free // 2**20} MB free")


def _keys(_now: dt.datetime) -> Check:
    return Check(name="keys", holds=True, said=ring().current().id)


def _backup(now: dt.datetime) -> Check:
    newest = newest_backup(Path(settings.ANLAN_BACKUP_FOLDER))
    said = f"newest of {newest:%Y-%m-%d %H:%M} UTC" if newest else "none yet"
    is_late = settings.ANLAN_BACKUP_AT is not None and (newest is None or now - newest > BACKUP_LIMIT)
    left = left_copies()
    if left:
        said += f"; a drill left {', '.join(left)} behind"
    return Check(name="backup", holds=not is_late and not left, said=said, needed=False)


_CHECKS: dict[str, Callable[[dt.datetime], Check]] = {
    "database": _database,
    "sequencer": _sequencer,
    "disk": _disk,
    "keys": _keys,
    "backup": _backup,
}


def may_watch(request: HttpRequest) -> bool:
    """Tell whether the server let this request watch: it came by the watchers' port, directly, from a listed address."""
    return bool(request.META.get(WATCHES, False))
