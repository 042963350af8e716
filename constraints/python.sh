#!/usr/bin/env bash
# Prints a Python that Anlan runs on and that can make virtual environments. Called by the Makefile; PYTHON overrides the search.
set -euo pipefail

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

has_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
    fits "$candidate" || continue
    if ! has_venv "$candidate" && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Anlan: installing Debian's python3-venv" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } >&2
    fi
    if has_venv "$candidate"; then
        echo "$candidate"
        exit 0
    fi
    echo "Anlan: $candidate cannot make virtual environments. Run: sudo apt-get install python3-venv" >&2
    exit 1
done
echo "Anlan: needs Python 3.11, 3.12 or 3.13. Run: sudo apt-get install python3 python3-venv, or set PYTHON=/path/to/python" >&2
exit 1
