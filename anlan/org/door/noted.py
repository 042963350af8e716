"""What people do to their own door is an entry too: a factor set up or removed. The entry never says a secret."""

from collections.abc import Mapping
from typing import Any

from anlan.org.events import SCREEN, note
from anlan.org.models import Person, Post
from anlan.org.scope import Actor


def note_own(person: Person, step: str, content: Mapping[str, Any], *, by: Actor) -> None:
    """Append an entry under the unit of the person's newest post; somebody without any post touches nothing that is kept."""
    post = Post.objects.filter(person=person).select_related("unit").order_by("-starts_on", "-pk").first()
    if post is not None:
        note("org.person", person.pk, step, content, at=post.unit, by=by, origin=SCREEN)
