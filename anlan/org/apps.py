"""The Django app of the organisation; at start it listens to the framework's own news of sign-ins, for the access log."""

from django.apps import AppConfig


class OrgConfig(AppConfig):
    """Units, people, posts, parties, jobs and the access log."""

    name = "anlan.org"
    label = "org"

    def ready(self) -> None:
        """Note sign-ins from wherever they come: a form, a second factor, another system."""
        from anlan.org import doors
        from anlan.org.door.noted import own_change
        from anlan.org.models import rehash

        doors.listen()
        rehash.changing = lambda person: own_change(person, "rehash_password")
