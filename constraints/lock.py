"""Lock what `make` installs: exact versions with PyPI's hashes, for Python 3.11–3.13, x86_64 and aarch64 Linux.

    python -m pip install uv
    python constraints/lock.py             lock anew, keeping each locked version that still fits pyproject.toml
    python constraints/lock.py upgrade     lock anew with the newest versions that fit
    python constraints/lock.py verify      resolve every lock for every Python and machine, wheels only

One set per purpose; a package has one version in all sets, since all are cut from the largest resolution.
Hashes come from the package index itself. Use an index that serves PyPI's own files; its address is never written.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYPROJECT = HERE.parent / "pyproject.toml"
SETS = {
    "run": ("postgres",),
    "lake": ("postgres", "lake"),
    "sso": ("postgres", "sso"),
    "test": ("test",),
    "check": ("test", "check"),
    "bench": ("bench",),
}
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")
BUILD = "setuptools>=75\n"
"""What an editable install needs in place: `make` installs without build isolation, and so without unlocked files."""

HEAD = "# Written by constraints/lock.py from pyproject.toml. Do not edit.\n"
COMPILE = (
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--python-version",
    PYTHONS[0],
    "--generate-hashes",
    "--only-binary",
    ":all:",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-find-links",
)


def lock(*, upgrade: bool) -> None:
    """Write every set. The largest resolution, all extras together, comes first and binds the others."""
    with tempfile.TemporaryDirectory() as work:
        build = Path(work) / "build.in"
        build.write_text(BUILD, encoding="utf-8")
        everything = Path(work) / "all.txt"
        kept = (
            []
            if upgrade
            else [
                argument
                for name in SETS
                if (HERE / f"{name}.txt").exists()
                for argument in ("--constraint", _versions(HERE / f"{name}.txt", Path(work)))
            ]
        )
        _compile(build, everything, extras=("bench", "check"), constraints=kept)
        bound = ["--constraint", _versions(everything, Path(work))]
        for name, extras in SETS.items():
            _compile(build, HERE / f"{name}.txt", extras=extras, constraints=bound)


def verify() -> list[str]:
    """Return one line per set, Python and machine for which the lock is incomplete or a wheel is wanting."""
    faults = []
    for name in SETS:
        for python in PYTHONS:
            for machine in MACHINES:
                done = _resolve(name, python, machine)
                if done.returncode:
                    faults.append(f"{name}.txt, Python {python}, {machine}: {done.stderr.strip()}")
    return faults


def _compile(build: Path, target: Path, *, extras: tuple[str, ...], constraints: list[str]) -> None:
    wanted = [argument for extra in extras for argument in ("--extra", extra)]
    text = _uv(*COMPILE, *wanted, *constraints, str(PYPROJECT), str(build), check=True).stdout
    target.write_text(HEAD + text, encoding="utf-8")


def _resolve(name: str, python: str, machine: str) -> "subprocess.CompletedProcess[str]":
    with tempfile.TemporaryDirectory() as target:
        return _uv(
            "pip",
            "install",
            "--quiet",
            "--dry-run",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--target",
            target,
            "--python-version",
            python,
            "--python-platform",
            machine,
            "--requirement",
            str(HERE / f"{name}.txt"),
        )


def _versions(path: Path, work: Path) -> str:
    """Copy a lock without its hashes and return the copy's path, for use as a constraint."""
    lines = [line.removesuffix(" \\") for line in path.read_text(encoding="utf-8").splitlines() if "--hash" not in line]
    copy = work / f"{path.stem}.constraints"
    copy.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(copy)


def _uv(*arguments: str, check: bool = False) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "uv", *arguments],
        check=check,
        stdout=subprocess.PIPE,
        text=True,
        stderr=None if check else subprocess.PIPE,
    )


def main() -> int:
    """Run the tool; the exit code is 1 when a lock does not verify."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=("lock", "upgrade", "verify"), default="lock")
    action = parser.parse_args().action
    if action != "verify":
        lock(upgrade=action == "upgrade")
    faults = verify()
    print("\n".join(faults) or f"{len(SETS)} locks resolve for {len(PYTHONS)} Pythons on {len(MACHINES)} machines")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
