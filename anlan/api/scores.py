"""Scores."""

from ninja import Router

router = Router(tags=["scores"])
