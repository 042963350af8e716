"""Two password policies that contradict each other, as data. `ANLAN_PASSWORD_POLICY` chooses; the administrator reads the sources.

`level-3` is what assessors of the national level-3 protection look for; `modern` is what research and newer guidance ask.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import CommonPasswordValidator, UserAttributeSimilarityValidator
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.org.credentials import FormerPassword
from anlan.org.door.guessed import is_guessed

MOST_LETTERS = 128  # Argon2 takes any length; a megabyte of password is an attack on the processor


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy. `max_age_days` null means that a password never grows old; `history` counts former ones that may not return.

    `source` says where it comes from; `is_verified` whether somebody held the figures against that text.
    """

    code: str
    name: Any
    min_length: int
    min_classes: int
    max_age_days: int | None
    history: int
    source: Any
    is_verified: bool


LEVEL_3 = Policy(
    code="level-3",
    name=gettext_lazy("National level-3 protection"),
    min_length=8,
    min_classes=3,
    max_age_days=90,
    history=5,
    source=gettext_lazy(
        "GB/T 22239-2019, 8.1.4.1 a) asks that what identifies a user is complex and changed regularly. It names no "
        "figures; 8 characters, 3 classes, 90 days and 5 former passwords are what assessors usually look for."
    ),
    is_verified=False,
)
MODERN = Policy(
    code="modern",
    name=gettext_lazy("Long and lasting"),
    min_length=12,
    min_classes=1,
    max_age_days=None,
    history=0,
    source=gettext_lazy(
        "NIST SP 800-63B-4, 3.1.1.2: length and a block-list, no classes, no change without cause. It asks for 15 "
        "characters where a password stands alone and 8 beside a second factor; 12 lies between."
    ),
    is_verified=False,
)
POLICIES = {policy.code: policy for policy in (MODERN, LEVEL_3)}

_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")


def policy() -> Policy:
    """Return the policy in force. Raises: ImproperlyConfigured, naming the known ones."""
    code = settings.ANLAN_PASSWORD_POLICY
    if code not in POLICIES:
        known = ", ".join(POLICIES)
        raise ImproperlyConfigured(f'ANLAN_PASSWORD_POLICY is "{code}"; use one of: {known}.')
    return POLICIES[code]


def is_expired(person: Any, *, now: dt.datetime) -> bool:
    """Tell whether a person's password is older than the policy allows; one of unknown age is."""
    limit = policy().max_age_days
    if limit is None or not person.has_usable_password():
        return False
    return person.password_changed_at is None or now - person.password_changed_at > dt.timedelta(days=limit)


class PolicyValidator:
    """Django's hook for the policy in force: judges a new password, and remembers each that was set."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError with every complaint at once."""
        complaints = [*_about_form(password, policy()), *_about_guessing(password, user)]
        if not complaints and user is not None and _was_used(password, user, policy().history):
            complaints.append(_("This password was used before; choose another."))
        if complaints:
            raise ValidationError(complaints)

    def get_help_text(self) -> str:
        """Return what the policy asks, for the page on which a password is chosen."""
        return " ".join(asked(policy()))

    def password_changed(self, password: str, user: Any) -> None:
        """Remember the password that was set, hashed; forget those that the policy no longer looks at."""
        keep = policy().history
        if not keep:
            return
        FormerPassword.objects.create(person=user, password=user.password, at=timezone.now())
        kept = FormerPassword.objects.filter(person=user).order_by("-pk").values_list("pk", flat=True)[:keep]
        FormerPassword.objects.filter(person=user).exclude(pk__in=list(kept)).delete()


def asked(of: Policy) -> list[str]:
    """Return what a policy asks as sentences."""
    words = [_("At least %(count)d characters.") % {"count": of.min_length}]
    if of.min_classes > 1:
        words.append(
            _("At least %(count)d of: small letters, capitals, digits, other signs.") % {"count": of.min_classes}
        )
    else:
        words.append(_("Several words with spaces between them are easy to keep in mind and good."))
    if of.history:
        words.append(_("None of the last %(count)d passwords.") % {"count": of.history})
    if of.max_age_days:
        words.append(_("It is changed at least every %(count)d days.") % {"count": of.max_age_days})
    return words


def _about_form(password: str, of: Policy) -> list[str]:
    complaints = []
    if len(password) < of.min_length:
        complaints.append(_("At least %(count)d characters.") % {"count": of.min_length})
    if len(password) > MOST_LETTERS:
        complaints.append(_("At most %(count)d characters.") % {"count": MOST_LETTERS})
    if sum(bool(re.search(one, password)) for one in _CLASSES) < of.min_classes:
        text = _("At least %(count)d of: small letters, capitals, digits, other signs.")
        complaints.append(text % {"count": of.min_classes})
    return complaints


def _about_guessing(password: str, user: Any) -> list[str]:
    complaints = []
    if password.isdigit():
        complaints.append(_("Digits alone are a telephone number, a birthday or an identity number; add words."))
    for validator in (
        CommonPasswordValidator(),
        UserAttributeSimilarityValidator(user_attributes=("username", "name")),
    ):
        try:
            validator.validate(password, user)
        except ValidationError as error:
            complaints += list(error.messages)
    own = (getattr(user, "username", "") or "", getattr(user, "name", "") or "")
    if not complaints and is_guessed(password, own):
        complaints.append(_("This password is one of the first that somebody would try; choose another."))
    return complaints


def _was_used(password: str, user: Any, history: int) -> bool:
    former = FormerPassword.objects.filter(person=user).order_by("-pk")[:history] if user.pk and history else ()
    hashes = [user.password, *(one.password for one in former)]
    return any(check_password(password, one) for one in hashes if one)
