"""Forms of the door: user name and password, a code, a new password. Delays after failures are asked for here."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from anlan.org.door import pace

SLOW = "slow"


class SignInForm(AuthenticationForm):
    """User name and password; one sentence for every refusal, so that nothing is learned.

    `wait_seconds` says after a refusal how long the next attempt from here must wait.
    """

    wait_seconds = 0

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
        if not self.cleaned_data.get("username") or self.request is None:
            return super().clean()
        now = timezone.now()
        knock = pace.Knock.of(self.request, self.cleaned_data["username"])
        self.wait_seconds = pace.wait_seconds(knock, now=now)
        if self.wait_seconds:
            text = _("Too many attempts. Try again in %(seconds)d seconds.")
            raise forms.ValidationError(text, code=SLOW, params={"seconds": self.wait_seconds})
        try:
            data = super().clean()
        except forms.ValidationError:
            pace.failed(knock, now=now)
            raise
        pace.succeeded(knock, now=now)
        return data


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
    """The old password and a new one, in our look; the policy's words stand beside the new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"
