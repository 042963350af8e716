"""Errors of the kernel, each with a stable id."""

from __future__ import annotations


class KernelError(Exception):
    """Base of all errors of the room; ``id`` is stable and part of the API."""

    id = "kernel.E000"


class BadPeriod(KernelError):
    """A text or number names no calendar period."""

    id = "kernel.E001"
