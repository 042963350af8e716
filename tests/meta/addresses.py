"""Every address of this installation, collected from the URL patterns; API operations are told apart by method. No list by hand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver
from ninja.operation import PathView

_PART = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address with its policy key, its template (`/at/<str:place>/`) and the methods to try."""

    key: str
    template: str
    methods: tuple[str, ...]

    def fill(self, values: dict[str, Any]) -> str:
        """Return the path with the values in place. Raises: KeyError for a part that the test does not know yet."""
        return _PART.sub(lambda part: str(values[part[1]]), self.template)


def addresses(patterns: list[URLPattern | URLResolver]) -> tuple[Address, ...]:
    """Return every address: API operations by method and path, other patterns by name, or by template if they have none."""
    found: dict[str, Address] = {}
    for template, name, pattern in _walk(patterns, "/", ""):
        view = _path_view(pattern.callback)
        if view is None:
            one = Address(key=name or template, template=template, methods=("GET", "POST"))
            found[one.key] = one
            continue
        for method in {method for operation in view.operations for method in operation.methods}:
            key = f"{method} {_PART.sub(lambda part: '{' + part[1] + '}', template)}"
            found[key] = Address(key=key, template=template, methods=(method,))
    return tuple(found[key] for key in sorted(found))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str, space: str) -> Iterator[tuple[str, str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inside = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, route, inside)
        else:
            yield route, f"{space}{pattern.name}" if pattern.name else "", pattern


def _path_view(callback: Any) -> PathView | None:
    """Return the API operations behind a callback; null for an ordinary view."""
    for cell in getattr(callback, "__closure__", None) or ():
        if isinstance(cell.cell_contents, PathView):
            return cell.cell_contents
    return None
