"""Who may take which step: asked by `prepare` before a write, and by screens and the to-do centre before they offer one."""

from anlan.flow.declare import Step
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.org.roles import Reach, Sensitivity, rank
from anlan.org.scope import Actor, Grant

# Steps that every register has; they are possible at any time and never something that waits to be done.
STANDING_STEPS = frozenset({"attach", "correct", "annul", "end"})


def grants_to_take(record: Register, step: Step, *, by: Actor) -> tuple[Grant, ...]:
    """Return the posts that reach the record's institution, read its register and answer to the step.

    A post elsewhere gives no right here. Whether a department post reaches this record is for `may_take`.
    """
    institution = record.institution
    reaching = by.grants_for(institution_path=institution.unit.path, institution_id=institution.pk)
    return tuple(grant for grant in reaching if answers(grant, step, spec_of(record).sensitivity))


def answers(grant: Grant, step: Step, sensitivity: Sensitivity) -> bool:
    """Tell whether a post may take the step on a register of this sensitivity, wherever it reaches."""
    return grant.role.answers_to(step.by) and rank(grant.role.sensitivity) >= rank(sensitivity)


def may_take(record: Register, step: Step, *, by: Actor) -> bool:
    """Tell whether the actor may take the step on the record; its state is not looked at.

    A post that reaches only a department takes steps on that department's records and on its holder's own. On a new
    record without a department, the department is still open and any such post suffices.
    """
    if by.is_system:
        return True
    grants = grants_to_take(record, step, by=by)
    if any(grant.role.reach is not Reach.DEPARTMENT for grant in grants):
        return True
    if record.pk is None and record.department_id is None:
        return bool(grants)
    is_own = record.pk is not None and record.recorded_by_id == by.person_id
    return any(is_own or grant.unit_id == record.department_id for grant in grants)


def offered_steps(record: Register, *, to: Actor) -> tuple[tuple[str, Step], ...]:
    """Return the steps that start from the record's state and that the actor may take, in order of declaration."""
    spec = spec_of(record)
    return tuple((name, step) for name, step in spec.steps_from(record.state) if may_take(record, step, by=to))


def waiting_steps(spec: RegisterSpec, state: str) -> tuple[tuple[str, Step], ...]:
    """Return the steps that lead on from a state: something that waits to be done.

    Final states wait for nothing, and nothing waits for a correction. A step may say itself whether it is awaited;
    otherwise one that leaves the state as it is is not.
    """
    if state in spec.final:
        return ()
    onward = spec.steps_from(state)
    return tuple((name, step) for name, step in onward if name not in STANDING_STEPS and _is_awaited(step, state))


def _is_awaited(step: Step, state: str) -> bool:
    return step.target not in ("", state) if step.awaited is None else step.awaited
