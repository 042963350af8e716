"""The process that looks into one file and ends: `python -I -m anlan.flow.uploads.child KIND`, the file on standard input.

It has little memory and little time, opens no file for writing, and knows neither settings nor database. What it answers:
one line of JSON on standard output, and for a picture the new picture behind it. `apart` starts it.
"""

import json
import resource
import sys
from collections.abc import Callable

from anlan.flow.uploads.refusal import TOO_COSTLY, Refusal

MEMORY_BYTES = 1024 * 2**20
SECONDS = 30


def _docx(raw: bytes) -> bytes:
    from anlan.flow.uploads.office import inspect_office

    inspect_office(raw, kind="docx")
    return b""


def _xlsx(raw: bytes) -> bytes:
    from anlan.flow.uploads.office import inspect_office

    inspect_office(raw, kind="xlsx")
    return b""


def _pdf(raw: bytes) -> bytes:
    from anlan.flow.uploads.pdf import inspect_pdf

    inspect_pdf(raw)
    return b""


def _png(raw: bytes) -> bytes:
    from anlan.flow.uploads.pictures import redraw

    return redraw(raw, kind="PNG")


def _jpeg(raw: bytes) -> bytes:
    from anlan.flow.uploads.pictures import redraw

    return redraw(raw, kind="JPEG")


LOOKS: dict[str, Callable[[bytes], bytes]] = {"docx": _docx, "xlsx": _xlsx, "pdf": _pdf, "png": _png, "jpeg": _jpeg}


def look(kind: str, raw: bytes) -> tuple[dict[str, str], bytes]:
    """Return the answer and the bytes behind it."""
    try:
        return {"code": "", "part": ""}, LOOKS[kind](raw)
    except Refusal as found:
        return {"code": found.code, "part": found.part[:200]}, b""
    except (MemoryError, RecursionError):
        return {"code": TOO_COSTLY, "part": ""}, b""


def limit(*, memory: int, seconds: int) -> None:
    """Take away what a hostile file would use: memory, time, files to write, the picture of memory after a crash."""
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def main() -> None:
    """Read, look, answer."""
    kind, raw = sys.argv[1], sys.stdin.buffer.read()
    limit(memory=MEMORY_BYTES, seconds=SECONDS)
    answer, drawn = look(kind, raw)
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii", "backslashreplace") + b"\n" + drawn)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
