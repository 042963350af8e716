"""Which language the command line speaks: English, whoever runs it and whatever the settings say. One run, one language.

Programs read exit codes and ids, manuals quote the sentences; so they do not change with the machine. What a command writes for
people who work elsewhere (a template, a marked sheet, a job's result) is in Chinese, or as its `--language` says.
"""

import argparse
from contextlib import AbstractContextManager

LANGUAGES = {"zh": "zh-hans", "en": "en"}  # as people type it → as Django calls it


def add_language(parser: argparse.ArgumentParser, of: str, *, default: str) -> None:
    """Declare `--language`, with the same values for every command; `of` says what it is the language of."""
    parser.add_argument(
        "--language", choices=tuple(LANGUAGES), default=default, help=f"language of {of} (default {default})"
    )


def speaking(language: str) -> AbstractContextManager[None]:
    """Return a block in which every text is in a language of `LANGUAGES`."""
    from django.utils.translation import override

    return override(LANGUAGES[language])


def as_on_pages() -> AbstractContextManager[None]:
    """Return a block in the language of the installation, for work whose words are read on pages later."""
    from django.conf import settings
    from django.utils.translation import override

    return override(settings.LANGUAGE_CODE)
