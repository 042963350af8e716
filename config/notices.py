"""Where a notice for the next page waits: in a cookie of this host's name, as every cookie; in the session where it is too long."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    """Django's storage under the name of the settings. Django's own, `messages`, a neighbour below the same domain could plant."""

    cookie_name = settings.ANLAN_NOTICES_COOKIE_NAME


class NoticeStorage(FallbackStorage):
    """The cookie first, then the session."""

    storage_classes = (HostCookieStorage, SessionStorage)
