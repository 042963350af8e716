"""Files that come with a step: looked into before the transaction, given their names inside it, gone when it fails.

Their drafts lie encrypted beside the others until the step is written. A process that is killed leaves a draft, or a file that
no row names: `unowned` finds both.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from anlan.flow.evidence import FILES, Examined, StoredFile, Upload, examine
from anlan.flow.models import Evidence
from anlan.org.scope import as_system
from anlan.vault.files import sealing
from anlan.vault.folders import Mark

Files = Sequence[StoredFile | Upload]


class Keeping:
    """The files of one step. `files` describes them all, in order; `settle` gives the new ones their names."""

    def __init__(self) -> None:
        self.files: list[StoredFile] = []
        self._drafts: list[tuple[StoredFile, Path]] = []
        self._settled: list[tuple[str, Mark]] = []

    def take(self, found: Examined) -> None:
        """Write the draft of a file that was looked into."""
        draft = FILES.draft()
        self._drafts.append((found.file, draft))
        with sealing(draft, place=FILES.place_of(found.file.sha256)) as writer:
            writer.write(found.content)

    def settle(self) -> None:
        """Give every draft its name: the last thing in the transaction."""
        for file, draft in self._drafts:
            if draft.exists() and (mark := FILES.settle(draft, file.sha256)):
                self._settled.append((file.sha256, mark))

    def drop(self) -> None:
        """Remove the drafts."""
        for _file, draft in self._drafts:
            draft.unlink(missing_ok=True)

    def take_back(self) -> None:
        """Remove what was settled for a step that failed, unless a row names it: then another step needs it."""
        with as_system("files of a step that failed"):
            for sha256, mark in self._settled:
                if not Evidence.objects.filter(sha256=sha256).exists():
                    FILES.take_back(sha256, mark)


@contextmanager
def keeping(evidence: Files) -> Iterator[Keeping]:
    """Look into every upload among the files and hold its draft for the block; when the block fails, nothing of it stays.

    Where a database over the network broke off, nobody knows whether the step was written: what was settled stays then, for the round.
    Raises: BadEvidence, before a byte is written.
    """
    examined = [examine(one) if isinstance(one, Upload) else one for one in evidence]
    kept = Keeping()
    try:
        for one in examined:
            kept.files.append(one.file if isinstance(one, Examined) else one)
            if isinstance(one, Examined):
                kept.take(one)
        yield kept
    except BaseException as error:
        if connection.vendor == "sqlite" or not isinstance(error, OperationalError | InterfaceError):
            with suppress(DatabaseError):
                kept.take_back()
        raise
    finally:
        kept.drop()
