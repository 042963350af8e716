"""Filters of the score screens: texts of the content in the language of the page."""

from typing import Any

from django import template

from anlan.web import scores_words
from anlan.web.scores_rubric import class_names

register = template.Library()


@register.filter
def said(text: Any) -> str:
    """Return a text of the rubric in the language of the page."""
    return scores_words.said(text)


register.filter("class_names", class_names)
