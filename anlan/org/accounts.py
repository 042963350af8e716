"""Passwords and locks of accounts: one-time passwords, changing one's own, lifting a lock. Screens and the command line call it.

Whether the caller may do it is decided before: an administrator issues and unlocks, everyone changes their own.
"""

import datetime as dt
import secrets
from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.org.door import sessions
from anlan.org.door.noted import own_change
from anlan.org.door.pace import forget, forget_factor, locked_names
from anlan.org.errors import OrgError
from anlan.org.models import Person

# Without 0 O 1 l I: a one-time password is read from paper and typed by hand. 57^16 is more than 93 bits.
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
GROUPS, GROUP_LENGTH = 4, 4


class PasswordRefused(OrgError):
    """The password was not changed. `field` is old or new; `messages` say what is wrong with it."""

    def __init__(self, code: str, field: str, messages: list[str]) -> None:
        super().__init__(code, " ".join(messages))
        self.field = field
        self.messages = messages


def issue_one_time_password(person: Person, *, first_half: str = "") -> str:
    """Give a person a password that serves for one sign-in, and return it; it is stored nowhere in clear.

    It must be changed at once. Sessions that are open under the old password end with it, and a lock is lifted.
    With a `first_half` that somebody else holds, only the second is drawn.
    """
    groups = GROUPS // 2 if first_half else GROUPS
    drawn = ("".join(secrets.choice(LETTERS) for _i in range(GROUP_LENGTH)) for _j in range(groups))
    password = "-".join(filter(None, (first_half, *drawn)))
    _store(person, password, must_change=True)
    unlock(person)
    return password


def change_password(person: Person, old: str, new: str, *, keeping: str = "") -> None:
    """Replace a person's own password and lift the duty to change it. Other sessions than `keeping` (`sessions.key_of`) end.

    Raises: PasswordRefused when the old one is wrong, or the new one is the old one or too weak.
    """
    if not person.check_password(old):
        raise PasswordRefused("org.E030", "old", [_("The old password is not right.")])
    if old == new:
        raise PasswordRefused("org.E031", "new", [_("The new password is the old one; choose another.")])
    try:
        validate_password(new, user=person)
    except ValidationError as error:
        raise PasswordRefused("org.E032", "new", list(error.messages)) from error
    shown = person.password
    with own_change(person, "change_password"):
        if not Person.objects.filter(pk=person.pk, password=shown, is_active=True).exists():
            # a new one-time password was issued, or the account closed, while this one was looked at: that one holds
            raise PasswordRefused("org.E030", "old", [_("The old password is not right.")])
        _store(person, new, must_change=False, keeping=keeping)


def unlock(person: Person) -> int:
    """Lift every lock of the person's user name, from whichever address, and return how many failures were forgotten."""
    forget_factor(person.pk)
    return forget(person.username)


def locked(usernames: Iterable[str], *, now: dt.datetime) -> set[str]:
    """Return those of the user names that are locked now from at least one address."""
    return locked_names(usernames, now=now)


@transaction.atomic
def _store(person: Person, password: str, *, must_change: bool, keeping: str = "") -> None:
    person.set_password(password)
    person.must_change_password = must_change
    person.save(update_fields=["password", "must_change_password", "password_changed_at"])
    sessions.forget(person, but=keeping)
