"""The addresses that need no account."""

from django.urls import path

from anlan.portal.views import receipts

app_name = "portal"
urlpatterns = [
    path("receipt/", receipts.start, name="receipts"),
    path("receipt/anlan_verify.py", receipts.verifier, name="verifier"),
    path("receipt/<uuid:uid>/", receipts.one, name="receipt"),
    path("receipt/<uuid:uid>/receipt.json", receipts.file, name="receipt-file"),
]
