"""Rubrics: the list, one in full, and what the linter finds wrong with it."""

from ninja import Router

router = Router(tags=["rubrics"])
