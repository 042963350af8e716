"""How a command names a record: by its uid, or by its number with the institution where several use it."""

import argparse
import uuid
from typing import Any

SHOWN = 5


def add_institution(parser: argparse.ArgumentParser) -> None:
    """Declare the argument that tells records of the same number apart."""
    parser.add_argument(
        "--institution", metavar="CODE", default="", help="the institution's code, where several use the number"
    )


def record_uid(text: str, institution: str) -> uuid.UUID:
    """Return the uid that a uid or a number means. Raises: BadInput when a number means none or several."""
    from anlan.flow.spec import all_registers
    from config.commands.import_sheet import institution_of
    from config.faults import BadInput

    try:
        return uuid.UUID(text)
    except ValueError:
        pass
    if institution:
        institution_of(institution)
    within: dict[str, Any] = {"institution__code": institution} if institution else {}
    found = [
        (record.uid, record.institution.code, spec.code)
        for spec in all_registers()
        for record in spec.model.objects.filter(number=text, **within).select_related("institution")
    ]
    found += _erased(text, within)
    if not found:
        raise BadInput(f'No record has the number "{text}". Give its uid, or the number as its page shows it.')
    if len(found) > 1:
        told = ", ".join(f"{code} {register}" for _, code, register in found[:SHOWN])
        raise BadInput(
            f'{len(found)} records have the number "{text}": {told}{" …" if len(found) > SHOWN else ""}. '
            "Name one with --institution, or give its uid."
        )
    uid: uuid.UUID = found[0][0]
    return uid


def _erased(number: str, within: dict[str, Any]) -> list[tuple[uuid.UUID, str, str]]:
    """Records of that number that were erased: their entries can still be proven."""
    from anlan.flow.models import Erasure

    rows = Erasure.objects.filter(number=number, state=Erasure.State.ERASED, **within).select_related("institution")
    return [(row.record_uid, row.institution.code, row.register) for row in rows]
