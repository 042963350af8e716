"""The tables of the door: former passwords, second factors, open sessions, the pace of failures, identities from outside."""

import uuid
from typing import ClassVar

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
