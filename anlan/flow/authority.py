"""Who may take which step: asked by `prepare` before a write, and by screens and the to-do centre before they offer one."""

from anlan.flow.cases import case_of
from anlan.flow.declare import Step
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.org.parties import Capacity
from anlan.org.policy import Case, barred
from anlan.org.roles import Reach, Sensitivity, rank
from anlan.org.scope import Actor, Grant

# Steps that every register has; they are possible at any time and never something that waits to be done.
STANDING_STEPS = frozenset({"attach", "correct", "annul", "end", "involve", "release"})
NAMING_STEPS = frozenset({"involve", "release"})
OF_HANDLERS = frozenset({"can:record", "can:manage"})


def grants_to_take(record: Register, step: Step, *, by: Actor) -> tuple[Grant, ...]:
    """Return the posts that reach the record's institution, read its register and answer to the step.

    A post elsewhere gives no right here, and none overcomes a conflict of interest. A case about leaders is taken on
    by the commission alone. Whether a department post reaches this record is for `may_take`.
    """
    institution, case = record.institution, case_of(record, actor=by)
    names = _open_names(step, case, record, by)
    reaching = by.grants_for(institution_path=institution.unit.path, institution_id=institution.pk)
    if case.is_about_leaders:
        reaching = tuple(grant for grant in reaching if grant.role.reach is Reach.SUBTREE)
    sensitivity = spec_of(record).sensitivity
    return tuple(grant for grant in reaching if _answers(grant, names, sensitivity, routed=case.is_about_leaders))


def _open_names(step: Step, case: Case, record: Register, by: Actor) -> tuple[str, ...]:
    """Return the names of the step without those that a conflict of interest takes from the actor.

    A step that is a review or an investigation is closed to who may not review or investigate, whatever name opens it.
    """
    taken = barred(by, case, institution=record.institution)
    if step.independent in taken:
        return ()
    return tuple(name for name in step.by if name not in taken)


def conflicts(record: Register, step: Step, *, by: Actor) -> bool:
    """Tell whether the step is a review or an investigation that a conflict of interest closes to the actor."""
    return not by.is_system and step.independent in barred(
        by, case_of(record, actor=by), institution=record.institution
    )


def answers(grant: Grant, step: Step, sensitivity: Sensitivity) -> bool:
    """Tell whether a post may ever take the step on a register of this sensitivity, wherever it reaches."""
    return _answers(grant, step.by, sensitivity, routed=True)


def _answers(grant: Grant, names: tuple[str, ...], sensitivity: Sensitivity, *, routed: bool) -> bool:
    return grant.role.answers_to(names, routed=routed) and rank(grant.role.sensitivity) >= rank(sensitivity)


def may_take(record: Register, step: Step, *, by: Actor) -> bool:
    """Tell whether the actor may take the step on the record; its state is not looked at.

    A post that reaches only a department takes steps on that department's records and on its holder's own. On a new
    record without a department, the department is still open and any such post suffices. Who handles a case takes its
    ordinary steps, whatever their post.
    """
    if by.is_system:
        return True
    grants = grants_to_take(record, step, by=by)
    if any(grant.role.reach is not Reach.DEPARTMENT for grant in grants) or _handles(record, step, by):
        return True
    if record.pk is None and record.department_id is None:
        return bool(grants)
    is_own = record.pk is not None and record.recorded_by_id == by.person_id
    return any(is_own or grant.unit_id == record.department_id for grant in grants)


def _handles(record: Register, step: Step, by: Actor) -> bool:
    case = case_of(record, actor=by)
    return Capacity.HANDLER in case.capacities and bool(OF_HANDLERS & set(_open_names(step, case, record, by)))


def offered_steps(record: Register, *, to: Actor) -> tuple[tuple[str, Step], ...]:
    """Return the steps that start from the record's state and that the actor may take, in order of declaration.

    Naming parties has its own page and its own operations; it is not among them.
    """
    spec = spec_of(record)
    open_here = ((name, step) for name, step in spec.steps_from(record.state) if name not in NAMING_STEPS)
    return tuple((name, step) for name, step in open_here if may_take(record, step, by=to))


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
