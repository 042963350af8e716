"""Changes no table. The policies of row-level security read another setting from here on, and are written after every migration."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("flow", "0005_encrypted_files")]
    operations: list[object] = []
