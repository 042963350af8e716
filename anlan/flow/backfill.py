"""Fills the honest times of records that were there before the columns were; called by migrations alone.

Only what follows from the row itself: the limits may be other ones when the worker looks back (`flow.hindsight`).
"""

from typing import Any

from django.utils import timezone

ROWS = 1000


def fill_times(apps: Any, app_label: str) -> int:
    """Set `recorded_on` and `late_days` of every record of an app's registers, and return how many there were."""
    total = 0
    for model in apps.get_app_config(app_label).get_models():
        if any(field.name == "late_days" for field in model._meta.concrete_fields):
            total += _fill(model)
    return total


def _fill(model: Any) -> int:
    waiting, total = [], 0
    for row in model.objects.filter(late_days=None).only("recorded_at", "occurred_on").iterator(chunk_size=ROWS):
        row.recorded_on = timezone.localtime(row.recorded_at).date()
        row.late_days = (row.recorded_on - row.occurred_on).days
        waiting.append(row)
        if len(waiting) == ROWS:
            total += _store(model, waiting)
            waiting = []
    return total + _store(model, waiting)


def _store(model: Any, rows: list[Any]) -> int:
    return int(model.objects.bulk_update(rows, ["recorded_on", "late_days"], batch_size=200)) if rows else 0
