"""Where a lake keeps its files: ``<folder>/<register>/year=YYYY/*.parquet`` or ``<folder>/<register>.parquet``, and
``institution.parquet``. The columns are those of the live tables. Both engines of the lake ask here.
"""

from __future__ import annotations

from pathlib import Path

from anlan.kernel.period import Period
from anlan.measures.aggregate import Scan, spanning
from anlan.measures.errors import LakeIncomplete


def institution_file(folder: Path) -> Path:
    """Return the file of the institutions.

    Raises: LakeIncomplete.
    """
    file = folder / "institution.parquet"
    if not file.exists():
        raise LakeIncomplete(f"The lake {folder} has no institution.parquet. Export the institutions.")
    return file


def register_files(folder: Path, scan: Scan, period: Period) -> list[Path]:
    """Return the files of the scan's register, without the years before any that it can use.

    Raises: LakeIncomplete.
    """
    code = scan.register.code
    whole = folder / f"{code}.parquet"
    files = [whole] if whole.exists() else sorted((folder / code).glob("year=*/*.parquet"))
    if not files:
        raise LakeIncomplete(
            f'The lake {folder} has no files of register "{code}". Export it, or leave its measures out.'
        )
    first = _first_year(scan, period)
    recent = [file for file in files if file == whole or int(file.parent.name.removeprefix("year=")) >= first]
    return recent or files[-1:]


def new_folder(target: Path | str) -> Path:
    """Return the folder for figures, made where it is missing.

    Raises: FileExistsError when it holds Parquet files already.
    """
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.glob("*.parquet")):
        raise FileExistsError(f"{folder} holds figures already. Choose an empty folder, or empty this one.")
    return folder


def _first_year(scan: Scan, period: Period) -> int:
    """The year of the oldest day of a record that the scan can use; 0 where it looks back to the first record.

    Folders are by the year of the register's own date, so a range over another column prunes nothing.
    """
    days = spanning(scan.days)
    if days is None or days.lower is None or days.column != scan.register.date:
        return 0
    return period.start.year - max(each.years_back for each in scan.days)
