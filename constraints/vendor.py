"""Refresh and check the front-end files in `anlan/web/static/vendor`, so that users need neither Node nor the internet.

    python constraints/vendor.py            check every file against the lock (no network; part of `make check`)
    python constraints/vendor.py refresh    fetch the pinned npm packages with `npm pack` and write files and lock anew

To move to another version, change it in PACKAGES, refresh, read the diff of the lock, run the journeys, commit.
Files are byte for byte those of the package. The icon sprite is the one exception: it is built from its SVG files.
"""

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "anlan" / "web" / "static" / "vendor"
LOCK = "vendor.lock.json"

ICONS = """
activity adjustments adjustments-horizontal alarm alert-circle alert-octagon alert-triangle ambulance archive
arrow-back-up arrow-down arrow-left arrow-right arrow-up arrow-up-right award ban bed bell bell-ringing bolt book-2
bookmark building building-community building-hospital calendar calendar-due calendar-event camera certificate
chart-bar chart-dots chart-line check checklist checks chevron-down chevron-left chevron-right chevron-up
chevrons-left chevrons-right circle-check circle-dashed circle-minus circle-x clipboard-check clipboard-list clock
clock-exclamation columns copy database device-cctv device-floppy dots dots-vertical download edit elevator
external-link eye eye-off file-certificate file-export file-import file-spreadsheet file-text filter filter-off
fingerprint fire-extinguisher first-aid-kit flag flame folder gauge gavel hash heart-handshake help hierarchy history
home hourglass inbox info-circle key keyboard language layout-grid link list list-check loader-2 lock lock-open login
logout mail map-pin menu-2 message minus moon nurse package paperclip phone photo pill pin player-play plus point
printer qrcode question-mark refresh report-analytics report-medical rotate scale school search select selector send
settings shield shield-check shield-lock signature sitemap sort-ascending sort-descending star stethoscope sun table
tag target tool trash trending-down trending-up upload urgent user user-check user-circle user-plus users users-group
writing x zoom-in
""".split()  # noqa: SIM905 a list of words reads better in columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One npm package: which file of it we carry, under which name, and where its licence text stands in it.

    `licence_source` is None where the package ships no licence text; the text in `licences/` is then locked as it is.
    """

    name: str
    version: str
    source: str
    file: str
    licence: str
    licence_source: str | None = "LICENSE"

    @property
    def licence_file(self) -> str:
        """Where the licence text stands beside the file."""
        return f"licences/{self.file.split('.')[0]}.txt"


PACKAGES = (
    Package(name="htmx.org", version="2.0.11", source="dist/htmx.min.js", file="htmx.min.js", licence="0BSD"),
    Package(
        name="@alpinejs/csp",
        version="3.17.4",
        source="dist/cdn.min.js",
        file="alpine-csp.min.js",
        licence="MIT",
        licence_source=None,
    ),
    # Frozen: later releases use light-dark() and need Chrome 123; hospital PCs end at Chromium 109. See docs/adr/0006.
    Package(
        name="@tabler/core", version="1.0.0", source="dist/css/tabler.min.css", file="tabler.min.css", licence="MIT"
    ),
    Package(name="echarts", version="6.1.0", source="dist/echarts.min.js", file="echarts.min.js", licence="Apache-2.0"),
    Package(name="@tabler/icons", version="3.51.0", source="icons/outline", file="icons.svg", licence="MIT"),
)


class VendorError(Exception):
    """What is wrong with the vendored files, and what to do."""


def check(folder: Path = VENDOR) -> None:
    """Raise VendorError naming each file that is missing, changed, or not in the lock."""
    entries = json.loads((folder / LOCK).read_text(encoding="utf-8"))["files"]
    locked = {path: digest for entry in entries for path, digest in _locked(entry)}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {LOCK}
    faults = [f"{path} is not in {LOCK}" for path in sorted(present - locked.keys())]
    faults += [f"{path} is missing" for path in sorted(locked.keys() - present)]
    faults += [
        f"{path} is not the locked file"
        for path in sorted(present & locked.keys())
        if _sha256((folder / path).read_bytes()) != locked[path]
    ]
    if faults:
        raise VendorError("; ".join(faults) + ". Restore it from git, or run `python constraints/vendor.py refresh`.")


def refresh(folder: Path = VENDOR) -> None:
    """Fetch each pinned package, write its file and licence, and write the lock anew."""
    known = _known_integrity(folder)
    entries = []
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as work:
            content, licence, integrity = _fetch(package, Path(work))
        if known.get((package.name, package.version), integrity) != integrity:
            raise VendorError(
                f"{package.name} {package.version} is no longer the package that was locked. Do not use it."
            )
        (folder / package.file).write_bytes(content)
        if licence is not None:
            (folder / package.licence_file).write_bytes(licence)
        entries.append(_entry(package, integrity, folder))
    text = json.dumps({"files": entries}, indent=2, ensure_ascii=False) + "\n"
    (folder / LOCK).write_text(text, encoding="utf-8")


def _locked(entry: dict[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    return (entry["file"], entry["sha256"]), (entry["licence_file"], entry["licence_sha256"])


def _entry(package: Package, integrity: str, folder: Path) -> dict[str, str]:
    content = (folder / package.file).read_bytes()
    return {
        "name": package.file.split(".")[0],
        "package": package.name,
        "version": package.version,
        "integrity": integrity,
        "source": package.source,
        "file": package.file,
        "sha256": _sha256(content),
        "sri": "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode(),
        "licence": package.licence,
        "licence_file": package.licence_file,
        "licence_sha256": _sha256((folder / package.licence_file).read_bytes()),
    }


def _known_integrity(folder: Path) -> dict[tuple[str, str], str]:
    path = folder / LOCK
    entries = json.loads(path.read_text(encoding="utf-8"))["files"] if path.exists() else []
    return {(entry["package"], entry["version"]): entry["integrity"] for entry in entries}


def _fetch(package: Package, work: Path) -> tuple[bytes, bytes | None, str]:
    wanted = f"{package.name}@{package.version}"
    done = subprocess.run(
        ["npm", "pack", "--json", "--silent", wanted], cwd=work, check=True, capture_output=True, text=True
    )
    (said,) = json.loads(done.stdout)
    with tarfile.open(next(work.glob("*.tgz"))) as archive:
        archive.extractall(work, filter="data")
    source = work / "package" / package.source
    content = _sprite(source, package.version) if source.is_dir() else source.read_bytes()
    licence = (work / "package" / package.licence_source).read_bytes() if package.licence_source else None
    return content, licence, said["integrity"]


def _sprite(folder: Path, version: str) -> bytes:
    """One SVG file with a symbol per icon: `<svg class="icon"><use href="…/icons.svg#home"/></svg>`.

    Stroke attributes stand on each symbol, so an icon takes the text's colour with no style of ours.
    """
    symbols = [
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round">{_paths(folder / f"{name}.svg")}</symbol>'
        for name in sorted(set(ICONS))
    ]
    note = f"<!-- Tabler Icons {version}, MIT, built by constraints/vendor.py -->"
    head = f'<svg xmlns="http://www.w3.org/2000/svg">\n{note}\n'
    return (head + "\n".join(symbols) + "\n</svg>\n").encode()


def _paths(path: Path) -> str:
    shapes = re.findall(r"<(?:path|circle|rect|line|polyline)[^>]*/>", path.read_text(encoding="utf-8"))
    return "".join(
        re.sub(r"\s+", " ", shape).replace(" />", "/>") for shape in shapes if 'd="M0 0h24v24H0z"' not in shape
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    """Run the tool; the exit code is 1 when a file does not match."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=("check", "refresh"), default="check")
    action = parser.parse_args().action
    try:
        if action == "refresh":
            refresh()
        check()
    except VendorError as error:
        print(f"vendored front end: {error}", file=sys.stderr)
        return 1
    print(f"vendored front end: {len(PACKAGES)} packages match {LOCK}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
