"""Session keys are stored hashed from here on. Those that stood plain are worth a sign-in each, so every open session ends."""

from typing import Any

from django.db import migrations


def end_sessions(apps: Any, _editor: Any) -> None:
    """Remove every stored session and its line in people's lists."""
    apps.get_model("sessions", "Session").objects.all().delete()
    apps.get_model("org", "OpenSession").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("org", "0004_digest_key"), ("sessions", "0001_initial")]
    operations = [migrations.RunPython(end_sessions, migrations.RunPython.noop)]
