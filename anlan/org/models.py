"""The tree of units, the institutions' profiles, people and their posts. Everyone above asks this room who belongs where."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from anlan.org.access import Access, AccessCursor, AccessDigest
from anlan.org.credentials import (
    AccountRequest,
    DigestKey,
    Factor,
    FormerPassword,
    OpenSession,
    OutsideIdentity,
    Pace,
)
from anlan.org.jobs import Job
from anlan.org.parties import Party

__all__ = [
    "Access", "AccessCursor", "AccessDigest", "AccountRequest", "DigestKey", "Factor", "FormerPassword", "Institution",
    "Job", "OpenSession", "OutsideIdentity", "Pace", "Party", "Person", "Post", "Unit",
]  # fmt: skip


class Unit(MP_Node):  # type: ignore[misc]
    """A node of the tree: commission → institution → department. Grids will hang below departments."""

    class Kind(models.TextChoices):
        COMMISSION = "commission", _("Commission")
        INSTITUTION = "institution", _("Institution")
        DEPARTMENT = "department", _("Department")

    class Level(models.TextChoices):
        PROVINCE = "province", _("Province")
        CITY = "city", _("City")
        DISTRICT = "district", _("District")
        NONE = "", _("Not a commission")

    kind = models.CharField(_("Kind"), max_length=12, choices=Kind.choices)
    level = models.CharField(_("Level"), max_length=8, choices=Level.choices, blank=True)
    code = models.CharField(_("Code"), max_length=32, unique=True)
    name = models.CharField(_("Name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    is_active = models.BooleanField(_("Active"), default=True)

    node_order_by: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("Unit")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="commission") ^ models.Q(level=""), name="org_unit_level_only_on_commissions"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Institution(models.Model):
    """The profile of an institution, one row beside its unit. Measures read this table."""

    class ClassLevel(models.IntegerChoices):
        UNGRADED = 0, _("Ungraded")
        ONE = 1, _("Level 1")
        TWO = 2, _("Level 2")
        THREE = 3, _("Level 3")

    class Kind(models.TextChoices):
        GENERAL = "general", _("General hospital")
        TCM = "tcm", _("Hospital of Chinese medicine")
        MATERNAL = "maternal", _("Maternal and child health hospital")
        SPECIALIST = "specialist", _("Specialist hospital")
        COMMUNITY = "community", _("Community health centre")
        TOWNSHIP = "township", _("Township health centre")
        PUBLIC_HEALTH = "public_health", _("Public-health unit")

    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, primary_key=True, related_name="institution")
    code = models.CharField(_("Code"), max_length=32, unique=True)
    class_level = models.SmallIntegerField(_("Class"), choices=ClassLevel.choices)
    is_large_specialist = models.BooleanField(_("Large specialist hospital"), default=False)
    large_specialist_reason = models.CharField(_("Reason for the flag"), max_length=200, blank=True)
    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    beds = models.PositiveIntegerField(_("Beds"), default=0)
    staff = models.PositiveIntegerField(_("Staff on roll"), default=0, validators=[MinValueValidator(0)])
    first_responsible = models.ForeignKey(
        "org.Person",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("First responsible person"),
    )
    is_synthetic = models.BooleanField(_("Synthetic"), default=False)

    class Meta:
        verbose_name = _("Institution")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_large_specialist=False) | ~models.Q(large_specialist_reason=""),
                name="org_institution_large_specialist_has_reason",
            )
        ]

    def __str__(self) -> str:
        return self.unit.name


class Rehash:
    """Around the change of a hash at a sign-in stands what writes its entry. That lies above the models and enters itself here."""

    def __init__(self) -> None:
        self.changing: Callable[[Person], AbstractContextManager[object]] = lambda _person: nullcontext()


rehash = Rehash()


class PersonManager(BaseUserManager["Person"]):
    """Makes people. A person without a password has no account."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Person":
        """Create a person; without a password they cannot sign in."""
        person = self.model(username=username, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Someone who works with Anlan. Rights come only from posts; there is no superuser."""

    username = models.CharField(_("User name"), max_length=64, unique=True)
    name = models.CharField(_("Name"), max_length=60)
    phone = models.CharField(_("Phone"), max_length=20, blank=True)
    is_active = models.BooleanField(_("Active"), default=True)
    must_change_password = models.BooleanField(_("Must change password"), default=False)
    is_synthetic = models.BooleanField(_("Synthetic"), default=False)
    password_changed_at = models.DateTimeField(null=True, editable=False)
    session_generation = models.PositiveIntegerField(default=0, editable=False)  # raised to end every session

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = PersonManager()

    class Meta:
        verbose_name = _("Person")

    def __str__(self) -> str:
        return self.name

    def set_password(self, raw_password: str | None) -> None:
        """Hash and set the password, and note when."""
        super().set_password(raw_password)
        self.password_changed_at = timezone.now()

    def check_password(self, raw_password: str | None) -> bool:
        """Tell whether the password is right; a hash made by older rules is replaced by one of today's, with its ledger entry."""
        return check_password(raw_password, self.password, self._store_rehashed)

    def _store_rehashed(self, raw_password: str) -> None:
        changed_at = self.password_changed_at
        with rehash.changing(self):
            self.set_password(raw_password)
            self._password = None  # the same password as before: nothing for the history
            self.password_changed_at = changed_at
            self.save(update_fields=["password"])

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Return what a session must carry: a new password or a raised generation ends every session that was open."""
        value = f"{self.session_generation}/{self.password}"
        return salted_hmac("anlan.org.session", value, secret=secret, algorithm="sha256").hexdigest()


HAS_ACCOUNT = models.Q(is_active=True) & ~models.Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
"""Of people: who may sign in with a password. The others are named only, for example as first responsible, or were deactivated."""


class Post(models.Model):
    """A person holds a role at a unit from one day to another (exclusive; null = open)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    role = models.CharField(_("Role"), max_length=40)
    starts_on = models.DateField(_("From"))
    ends_on = models.DateField(_("To"), null=True, blank=True)

    class Meta:
        verbose_name = _("Post")
        constraints = [
            models.UniqueConstraint(fields=["person", "unit", "role", "starts_on"], name="org_post_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gt=models.F("starts_on")),
                name="org_post_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role} @ {self.unit_id}"
