"""How large a body may be: much where files are sent, little elsewhere. Decided by method and address, before anybody is known."""

from django.urls import Resolver404, resolve

from config.server.limits import MIB

FILES = 26 * MIB  # a form with the largest file, its fields and the wrapping
OTHERS = 2 * MIB
# The routes whose view reads files. tests/unit/config/server/test_bodies.py holds them against what the views read.
ROUTES_WITH_FILES = (
    "registers/<slug:register>/new/",
    "registers/<slug:register>/<uuid:uid>/<slug:step>/",
    "registers/<slug:register>/import/",
    "score/rules/<str:rule>/judge/",
    "receipt/",
    "records/<uid>/evidence",
    "records/<uid>/steps/<step>/with-evidence",
    "registers/<code>/records/with-evidence",
)


def most_bytes(path: str) -> int:
    """Return how many bytes a body sent to a path may have."""
    try:
        route = resolve(path).route
    except (Resolver404, ValueError):
        return OTHERS
    return FILES if route.endswith(ROUTES_WITH_FILES) else OTHERS
