"""On PostgreSQL with row-level security: what a test itself looks at, it sees as the system; what it tests acts as itself.

A test reads and spoils tables to see what comes of it. Requests and commands that it makes stay nobody's until somebody acts, as
they are outside of tests: code that forgot to say who acts still sees no row.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from anlan.org.marks import SETTING, SYSTEM
from anlan.org.scope import acting_now

_is_tested: ContextVar[bool] = ContextVar("anlan_is_tested", default=False)


@contextmanager
def as_it_is() -> Iterator[None]:
    """Within the block nobody looks on the test's behalf."""
    token = _is_tested.set(True)
    try:
        yield
    finally:
        _is_tested.reset(token)


def let_tests_look(patch: pytest.MonkeyPatch) -> None:
    """Tell PostgreSQL that the system asks where nobody acts, except inside requests and commands."""
    from django.core.handlers.base import BaseHandler

    import config.command
    from anlan.org.postgresql.base import DatabaseWrapper

    settings = DatabaseWrapper._settings

    def looked(wrapper: DatabaseWrapper) -> dict[str, str]:
        if acting_now() is None and not _is_tested.get():
            return {SETTING: SYSTEM}
        return settings(wrapper)

    patch.setattr(DatabaseWrapper, "_settings", looked)
    patch.setattr(BaseHandler, "get_response", _tested(BaseHandler.get_response))
    patch.setattr(config.command, "_run", _tested(config.command._run))


def _tested(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def call(*arguments: Any, **more: Any) -> Any:
        with as_it_is():
            return real(*arguments, **more)

    return call
