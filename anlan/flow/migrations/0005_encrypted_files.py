"""Files that were kept before files were encrypted: a job of the worker encrypts them, so that the start need not wait for them."""

from django.db import migrations
from django.utils import timezone

from anlan.vault.folders import holds_plain


def queue(apps, _schema_editor):
    """Queue the renewal (`anlan.org.keys`), which encrypts plain files too, where there are any."""
    if holds_plain():
        job = {"kind": "keys.renew", "run_after": timezone.now()}
        apps.get_model("org", "Job").objects.get_or_create(key="keys.renew:plain-files", defaults=job)


class Migration(migrations.Migration):
    dependencies = [("flow", "0004_original_hash"), ("org", "0003_door")]
    operations = [migrations.RunPython(queue, migrations.RunPython.noop)]
