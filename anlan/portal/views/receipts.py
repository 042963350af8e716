"""Receipts without an account: look one up by its id, hand one in, take the completed one home, and the verifier with it."""

import json
import uuid
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anlan.flow.receipts import Judged, NoReceipt, find_receipt, judge
from anlan.flow.spec import all_registers
from anlan.ledger.erased import STEP
from anlan.ledger.errors import LedgerError
from anlan.ledger.receipt import receipt_text
from anlan.ledger.standalone import anlan_verify
from anlan.org.models import Unit

LARGEST = 8 * 2**20
# Entries of no register of the programme, and the step that stands for every register.
APART = {
    "org.person": gettext_noop("Account"),
    "org.post": gettext_noop("Post"),
    "org.unit": gettext_noop("Unit"),
    "org.request": gettext_noop("Account request"),
    "org.access": gettext_noop("Access log"),
    "org.import": gettext_noop("Import"),
    "org.erasure": gettext_noop("Erasure"),
    "org.content": gettext_noop("Parameters and rubrics"),
    "org.baseline": gettext_noop("State at the upgrade written down"),
}
ERASED = gettext_noop("Content erased by law")


@login_not_required
def start(request: HttpRequest) -> HttpResponse:
    """Take an id or a receipt; a receipt is judged, and shown as it stands today."""
    if request.method != "POST":
        return render(request, "portal/receipts.html", {})
    raw, error = _given(request)
    if not error:
        try:
            return _judged(request, judge(anlan_verify.load(raw), at=timezone.now()))
        except LedgerError:
            return _without_key(request)
        except (anlan_verify.Bad, KeyError, TypeError, AttributeError, ValueError, RecursionError):
            error = _("This is no receipt of Anlan. Choose the file receipt.json, or paste its whole text.")
    return render(request, "portal/receipts.html", {"error": error}, status=422)


@login_not_required
@require_safe
def one(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Show a receipt by the id of its entry or import."""
    try:
        return render(request, "portal/receipt.html", _context(request, _found(uid)))
    except LedgerError:
        return _without_key(request)


@login_not_required
@require_safe
def file(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Send the receipt as a file, completed as far as the tree holds it."""
    try:
        return _download(receipt_text(_found(uid)), "application/json", f"receipt-{uid.hex[:8]}.json")
    except LedgerError:
        return _without_key(request)


@login_not_required
@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """Send the stand-alone verifier, the same file that lies in every archive package."""
    return _download(Path(anlan_verify.__file__).read_text(encoding="utf-8"), "text/x-python", "anlan_verify.py")


def _found(uid: uuid.UUID) -> dict[str, Any]:
    try:
        return find_receipt(uid, at=timezone.now())
    except NoReceipt as error:
        raise Http404 from error


def _without_key(request: HttpRequest) -> HttpResponse:
    """Say that nothing can be signed: a promise without a signature would be none."""
    error = _("The log's key cannot be read at the moment. Ask the operator, or try again later.")
    return render(request, "portal/receipts.html", {"error": error}, status=503)


def _given(request: HttpRequest) -> tuple[bytes, str]:
    """Return the bytes handed in, or what is wrong with them."""
    upload = request.FILES.get("file")
    if isinstance(upload, UploadedFile):
        if (upload.size or 0) > LARGEST:
            return b"", _("The file is larger than %(limit)d MB; no receipt is.") % {"limit": LARGEST // 2**20}
        return upload.read(), ""
    text = request.POST.get("text", "").strip()
    return text.encode(), "" if text else _("Choose a file, or paste the text of a receipt.")


def _judged(request: HttpRequest, judged: Judged) -> HttpResponse:
    chinese = (get_language() or "").startswith("zh")
    lines = [
        {"tone": ("done", "attention", "danger")[level], "text": zh if chinese else en}
        for level, _where, _id, zh, en in judged.found.findings
    ]
    context = _context(request, judged.receipt) if judged.receipt else {"receipt": None}
    return render(
        request, "portal/receipt.html", {**context, "lines": lines, "differs": judged.differs, "judged": judged}
    )


def _context(request: HttpRequest, receipt: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows: the receipt's own words, and the names that its codes have in the declarations."""
    header = json.loads(receipt["header"]) if receipt["kind"] == "entry" else {}
    spec = next((spec for spec in all_registers() if header and spec.code == header["register"]), None)
    step = spec.steps.get(header["step"]) if spec else None
    uid = uuid.UUID(header["id"] if header else receipt["batch"]["id"])
    head = receipt["proof"]["checkpoint"].split("\n") if receipt["proof"] else []
    return {
        "receipt": receipt,
        "uid": uid,
        "header": header,
        "institution": _institution(header.get("institution", "")),
        "register": spec.name if spec else _register(header.get("register", "")),
        "step": step.label if step else _(ERASED) if header.get("step") == STEP else header.get("step"),
        "occurred_on": parse_date(header["occurred_on"]) if header else None,
        "recorded_at": parse_datetime(header["recorded_at"]) if header else None,
        "promised_at": parse_datetime(receipt["promise"].split("\n")[5]),
        "size": head[1] if head else "",
        "root": head[2] if head else "",
        "address": request.build_absolute_uri(reverse("portal:receipt", args=(uid,))),
    }


def _register(code: str) -> str:
    return _(APART[code]) if code in APART else code


def _institution(code: str) -> str:
    """Return the name that a unit's code stands for, with the code."""
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        return code
    is_english = (get_language() or "").startswith("en") and unit.name_en
    return f"{unit.name_en if is_english else unit.name} ({code})"


def _download(text: str, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
