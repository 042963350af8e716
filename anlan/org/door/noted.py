"""What people do to their own door is an entry too: a factor set up or removed, a new password. The entry never says a secret."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from anlan.org.events import change_of_person
from anlan.org.models import Person
from anlan.org.scope import Actor


@contextmanager
def own_change(person: Person, step: str, *, only_if_changed: bool = False) -> Iterator[dict[str, Any]]:
    """Carry out the block as a change that a person makes to their own account; see `change_of_person`."""
    by = Actor(person_id=person.pk, name=person.name)
    with change_of_person(person, step, by=by, only_if_changed=only_if_changed) as beside:
        yield beside
