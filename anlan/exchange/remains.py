"""What an import still keeps of a record: the uploaded sheet and the examples in its report. An erasure clears both."""

from collections.abc import Iterator
from pathlib import Path

from django.db.models import Q

from anlan.exchange.upload import kept_at
from anlan.flow.erasure import declare_remains
from anlan.flow.models import Batch
from anlan.flow.register import Register
from anlan.flow.spec import spec_of

COUNTS = frozenset({"rows", "ready", "blank", "examples", "steps", "sheet", "file_name", "file_sha256", "is_ready"})


@declare_remains
def clear_sheets(record: Register) -> Iterator[Path]:
    """Empty the reports of the sheets that may hold the record, and yield the sheets.

    Those are the sheet that it came with, and every sheet for the register that was never written: it may be the same one
    before somebody mended it. The ledger keeps the hash of a sheet that was written.
    """
    unwritten = ~Q(state__in=(Batch.State.COMMITTED, Batch.State.UNDONE, Batch.State.RUNNING))
    sheets = Batch.objects.filter(
        Q(pk=record.batch_id) | unwritten, institution_id=record.institution_id, register=spec_of(record).code
    )
    for batch in sheets:
        batch.report = {name: value for name, value in batch.report.items() if name in COUNTS}
        batch.stored_as = ""
        batch.save(update_fields=["report", "stored_as"])
        others = Batch.objects.filter(file_sha256=batch.file_sha256).exclude(pk=batch.pk).exclude(stored_as="")
        if not others.exists():
            yield kept_at(batch.file_sha256)
