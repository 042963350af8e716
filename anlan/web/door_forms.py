"""Forms of sign-in: user name and password, the password once more, a code, a new password."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from anlan.org.door.showing import LOCKED, SLOW, PasswordNotTaken, show_password
from anlan.org.models import Person


class SignInForm(AuthenticationForm):
    """User name and password; one sentence for every refusal, so that nothing is learned.

    `wait_seconds` says after a refusal how long the next attempt from here must wait; `is_locked` that the pair is locked.
    """

    wait_seconds = 0
    is_locked = False

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].widget.attrs |= {"class": "form-control", "autocapitalize": "none"}
        self.fields["password"].widget.attrs |= {"class": "form-control"}
        self.error_messages = {
            **self.error_messages,
            "invalid_login": _("User name or password is wrong. Check both and try again."),
        }

    def clean(self) -> dict[str, Any]:
        """Look at the password, unless the attempt must wait."""
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username is None or not password or self.request is None:
            return self.cleaned_data
        try:
            self.user_cache = show_password(self.request, username, password, now=timezone.now())
        except PasswordNotTaken as error:
            self.wait_seconds, self.is_locked = error.wait_seconds, error.why == LOCKED
            raise _said(error, self.get_invalid_login_error()) from error
        return self.cleaned_data


class AgainForm(forms.Form):
    """The own password once more, from somebody who is signed in."""

    password = forms.CharField(label=_("Password"), strip=False)
    wait_seconds = 0
    is_locked = False

    def __init__(self, request: HttpRequest, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.person = request, person
        attributes = {"class": "form-control", "autocomplete": "current-password", "autofocus": True}
        self.fields["password"].widget = forms.PasswordInput(attributes)

    def clean_password(self) -> str:
        """Look at the password, unless the attempt must wait."""
        password = str(self.cleaned_data["password"])
        try:
            show_password(self.request, self.person.username, password, now=timezone.now())
        except PasswordNotTaken as error:
            self.wait_seconds, self.is_locked = error.wait_seconds, error.why == LOCKED
            raise _said(error, forms.ValidationError(_("The password is not right."))) from error
        return password


def _said(error: PasswordNotTaken, wrong: forms.ValidationError) -> forms.ValidationError:
    if error.why != SLOW:
        return wrong
    text = _("Too many attempts. Try again in %(seconds)d seconds.")
    return forms.ValidationError(text, code=SLOW, params={"seconds": error.wait_seconds})


class CodeForm(forms.Form):
    """A code from a telephone, or a recovery code."""

    code = forms.CharField(max_length=20, label=_("Code"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {
            "class": "form-control a-code-input",
            "autocomplete": "one-time-code",
            "autocapitalize": "none",
            "autofocus": True,
            "spellcheck": "false",
        }


class NewPasswordForm(PasswordChangeForm):
    """The old password and a new one, in our look; the policy's words stand beside the new one.

    Whoever sits down at an open session guesses the old password no faster here than at sign-in.
    """

    wait_seconds = 0
    is_locked = False

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"

    def clean_old_password(self) -> str:
        """Look at the old password, unless the attempt must wait."""
        password = str(self.cleaned_data["old_password"])
        try:
            show_password(self.request, self.user.username, password, now=timezone.now())
        except PasswordNotTaken as error:
            self.wait_seconds, self.is_locked = error.wait_seconds, error.why == LOCKED
            raise _said(error, forms.ValidationError(_("The old password is not right."))) from error
        return password
