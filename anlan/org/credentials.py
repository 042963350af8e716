"""The tables of sign-in: former passwords, second factors, sessions, failures, identities from outside, what waits for a second person."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.vault.fields import EncryptedTextField


class FormerPassword(models.Model):
    """A password that a person had, hashed as the present one is. Only as many are kept as the policy looks at."""

    person = models.ForeignKey("org.Person", on_delete=models.CASCADE, related_name="former_passwords")
    password = models.CharField(max_length=128)
    at = models.DateTimeField()

    class Meta:
        app_label = "org"

    def __str__(self) -> str:
        return f"{self.person_id} {self.at:%Y-%m-%d}"


class Factor(models.Model):
    """One second factor of a person. It counts from `confirmed_at` on.

    `data` is, by kind: the encrypted secret of one-time codes; the public key of a security key; the hash of a recovery code.
    `counter` is the last time step used (codes) or the signature count (keys): neither may go back.
    """

    class Kind(models.TextChoices):
        TOTP = "totp", _("Codes from a telephone")
        WEBAUTHN = "webauthn", _("Security key")
        RECOVERY = "recovery", _("Recovery code")

    person = models.ForeignKey("org.Person", on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(_("Name"), max_length=60, blank=True)
    data = models.BinaryField()
    counter = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "org"
        verbose_name = _("Second factor")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(kind="totp"), name="org_factor_one_telephone_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class OpenSession(models.Model):
    """One browser in which a person is signed in, so that they can see it and end it."""

    person = models.ForeignKey("org.Person", on_delete=models.CASCADE, related_name="open_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    factor = models.CharField(max_length=10, blank=True)

    class Meta:
        app_label = "org"

    def __str__(self) -> str:
        return f"{self.person_id} since {self.began_at:%Y-%m-%d %H:%M}"


class Pace(models.Model):
    """How many failures weigh on a user name, a browser or an address now: `level` at `at`, sinking from then on.

    A pair of user name and address that signed in has a row too; its `at` is when it last did. Names are kept as hashes.
    """

    key = models.CharField(max_length=80, unique=True)
    level = models.FloatField(default=0)
    at = models.DateTimeField()

    class Meta:
        app_label = "org"

    def __str__(self) -> str:
        return self.key


class OutsideIdentity(models.Model):
    """Somebody whom an outside sign-in service knows under `subject`, tied to a person by an administrator."""

    person = models.ForeignKey("org.Person", on_delete=models.CASCADE, related_name="outside_identities")
    provider = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    linked_at = models.DateTimeField()

    class Meta:
        app_label = "org"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "subject"], name="org_outside_subject_once"),
            models.UniqueConstraint(fields=["provider", "person"], name="org_outside_person_once"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.subject}"


class DigestKey(models.Model):
    """The key of the digests by which entries name passwords, factors and ties to outside services. One row, never another.

    It lies encrypted under the ring and is renewed with it, so digests outlive every rotation; see `anlan.org.digests`.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = EncryptedTextField()

    class Meta:
        app_label = "org"

    def __str__(self) -> str:
        return f"digest key {self.uid}"


class AccountRequest(models.Model):
    """A change of an account, or of a post, that takes two people: one asks, another carries it out by approving.

    `asked_by` null is the command line on the server. `details` names by act: role, unit, starts_on, ends_on, post, provider,
    subject; `paths` are the places in the tree that whoever approves must oversee. `is_alone` marks what the command line did
    while nobody could be the second person. `told_at` is when the person concerned said that they know.
    """

    class Act(models.TextChoices):
        PASSWORD = "password", _("Issue a one-time password")
        FACTORS = "factors", _("Reset the second factor")
        UNLOCK = "unlock", _("Unlock")
        LINK = "link", _("Change the tie to a sign-in service")
        DEACTIVATE = "deactivate", _("Deactivate")
        REACTIVATE = "reactivate", _("Reactivate")
        GIVE = "give", _("Give a post")
        END = "end", _("End a post")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        DONE = "done", _("Carried out")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    act = models.CharField(max_length=12, choices=Act.choices)
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="account_requests")
    details: Any = models.JSONField(default=dict)
    paths: Any = models.JSONField(default=list)
    asked_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_alone = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "org"
        indexes: ClassVar = [
            models.Index(
                fields=["state", "ends_at"], name="org_request_waiting"
            ),  # what waits, and the round that expires it
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.person_id} {self.state}"
