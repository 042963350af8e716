"""What registers there are, and what each wants to know."""

from django.http import HttpRequest
from ninja import Router

from anlan.api.problems import Missing
from anlan.api.shapes import RegisterLine, RegisterOut, register_line, register_out
from anlan.flow.spec import RegisterSpec, all_registers, find_register

router = Router(tags=["registers"])


@router.get("/registers", response=list[RegisterLine], summary="Every register")
def list_registers(request: HttpRequest) -> list[RegisterLine]:
    """Return the registers, ordered by subsystem and code."""
    return [RegisterLine(**register_line(spec)) for spec in all_registers()]


@router.get("/registers/{code}", response=RegisterOut, summary="One register: fields, steps, states, filters")
def show_register(request: HttpRequest, code: str) -> RegisterOut:
    """Return what a program needs to read and fill the register."""
    return register_out(known_register(code))


def known_register(code: str) -> RegisterSpec:
    """Return the register of a code. Raises: Missing."""
    try:
        return find_register(code)
    except LookupError as error:
        raise Missing from error
