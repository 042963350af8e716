"""Cookies under TLS are bound to this host by their names; preloading of HSTS is a choice. Each case is an installation of its own."""

import json
import os
import subprocess
import sys

import pytest

ASK = """
import json
from django.conf import settings
names = ("SESSION", "CSRF", "LANGUAGE", "ANLAN_THEME", "ANLAN_KNOWN", "ANLAN_NOTICES")
print(json.dumps([
    [getattr(settings, f"{name}_COOKIE_NAME") for name in names],
    [getattr(settings, f"{name}_COOKIE_SECURE", None) for name in names[:2]],
    [getattr(settings, f"{name}_COOKIE_DOMAIN") for name in names[:3]] + [settings.SESSION_COOKIE_PATH],
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_PRELOAD,
]))
"""


@pytest.mark.parametrize(
    ("chosen", "prefix", "is_secure", "seconds", "is_preloaded"),
    [
        ({}, "", False, 0, False),
        ({"ANLAN_HSTS_PRELOAD": "1"}, "", False, 0, False),
        ({"ANLAN_TLS": "1"}, "__Host-", True, 31_536_000, False),
        ({"ANLAN_TLS": "1", "ANLAN_HSTS_PRELOAD": "1"}, "__Host-", True, 31_536_000, True),
    ],
)
def test_tls_binds_cookies_to_this_host_and_preloads_only_where_chosen(
    tmp_path, chosen, prefix, is_secure, seconds, is_preloaded
):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANLAN_")}
    place = {"ANLAN_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    said = subprocess.run(
        [sys.executable, "-c", ASK], env=kept | place | chosen, capture_output=True, check=True
    ).stdout
    names = [
        f"{prefix}{name}" for name in ("sessionid", "csrftoken", "django_language", "theme", "known_here", "messages")
    ]
    assert json.loads(said) == [names, [is_secure] * 2, [None, None, None, "/"], seconds, is_preloaded]
