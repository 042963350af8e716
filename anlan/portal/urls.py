"""The addresses that need no account. The log stands below `/log/` and the witness below `/witness/`, as their prefixes are given away."""

from django.urls import path

from anlan.portal.views import log, receipts, witness

app_name = "portal"
urlpatterns = [
    path("receipt/", receipts.start, name="receipts"),
    path("receipt/anlan_verify.py", receipts.verifier, name="verifier"),
    path("receipt/<uuid:uid>/", receipts.one, name="receipt"),
    path("receipt/<uuid:uid>/receipt.json", receipts.file, name="receipt-file"),
    path("log/checkpoint", log.checkpoint, name="checkpoint"),
    path("log/tile/<path:path>", log.tile, name="tile"),
    path("witness/add-checkpoint", witness.add, name="add-checkpoint"),
]
