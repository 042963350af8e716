"""The addresses that need no account. The log stands below `/log/` and the witness below `/witness/`, as their prefixes are given away."""

from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from anlan.portal.views import log, receipts, witness

app_name = "portal"
ICON = lazy(static, str)("anlan/mark.svg")  # its name carries a hash that is known once the files are gathered
urlpatterns = [
    # browsers ask for it beside files and plain texts, which name no icon of their own
    path("favicon.ico", login_not_required(RedirectView.as_view(url=ICON)), name="icon"),
    path("receipt/", receipts.start, name="receipts"),
    path("receipt/anlan_verify.py", receipts.verifier, name="verifier"),
    path("receipt/<uuid:uid>/", receipts.one, name="receipt"),
    path("receipt/<uuid:uid>/receipt.json", receipts.file, name="receipt-file"),
    path("log/checkpoint", log.checkpoint, name="checkpoint"),
    path("log/tile/<path:path>", log.tile, name="tile"),
    path("witness/add-checkpoint", witness.add, name="add-checkpoint"),
]
