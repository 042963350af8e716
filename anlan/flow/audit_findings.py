"""What the running audit has met: stored without values, closed with when and why, never deleted."""

import datetime as dt

from anlan.flow.drift import confirmed
from anlan.flow.drift_times import drift_of_pair
from anlan.flow.drifts import Chunk, Drift, Fault
from anlan.flow.models import AuditFinding, LookBack
from anlan.flow.spec import RegisterSpec, all_registers

_PAIRS = 4  # registers of institutions that one round looks at again


def store_finding(drift: Drift, *, now: dt.datetime) -> bool:
    """Store a finding; tell whether it is new, or met again after it had gone."""
    fault, register, whose, column = drift.key
    known = AuditFinding.objects.filter(fault=fault, register=register, whose=whose[:64], column=column[:80])
    if known.filter(gone_at=None).update(last_seen_at=now):
        return False
    if known.update(last_seen_at=now, gone_at=None, gone_by=""):
        return True
    AuditFinding.objects.create(
        fault=fault,
        register=register,
        whose=whose[:64],
        column=column[:80],
        record_uid=drift.record_uid,
        institution_id=drift.institution_id,
        number=drift.number[:40],
        first_seen_at=now,
        last_seen_at=now,
    )
    return True


def open_count() -> int:
    """Return how many findings are open in the whole installation."""
    return AuditFinding.objects.filter(gone_at=None).count()


def close_unmet(*, before: dt.datetime, now: dt.datetime) -> None:
    """Close what a whole turn, which began then, did not meet again."""
    unmet = AuditFinding.objects.filter(gone_at=None, last_seen_at__lt=before)
    unmet.update(gone_at=now, gone_by=AuditFinding.GoneBy.TURN)


def recheck_times(*, now: dt.datetime) -> None:
    """Look again at the honest times that differed, once the worker has looked back since; close what agrees. Some at a time."""
    looked = LookBack.objects.values_list("at", flat=True).first()
    if looked is None:
        return
    stale = AuditFinding.objects.filter(fault=Fault.TIMES, gone_at=None, last_seen_at__lt=looked)
    known = {spec.code: spec for spec in all_registers()}
    for register, institution_id in stale.values_list("register", "institution_id").distinct().order_by()[:_PAIRS]:
        here = stale.filter(register=register, institution_id=institution_id)
        spec = known.get(register)
        keys = set() if spec is None or institution_id is None else _differing(spec, institution_id)
        for finding in here:
            if (finding.whose, finding.column) in keys:
                AuditFinding.objects.filter(pk=finding.pk).update(last_seen_at=now)
            else:
                AuditFinding.objects.filter(pk=finding.pk).update(gone_at=now, gone_by=AuditFinding.GoneBy.LOOK)


def _differing(spec: RegisterSpec, institution_id: int) -> set[tuple[str, str]]:
    def look_at(*, after: object = None, limit: int = 0) -> Chunk:
        found, count = drift_of_pair(spec, institution_id)
        return Chunk(drifts=tuple(found), last=None, seen=count)

    return {(drift.key[2][:64], drift.column[:80]) for drift in confirmed(look_at, after=None).drifts}
