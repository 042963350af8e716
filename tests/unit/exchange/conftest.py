"""The exchange room's tests use the dry run of the import specs."""

from tests.spec.conftest import checked

__all__ = ["checked"]
