"""The lock of user name and address lies in `Pace` now; the tables of django-axes go with their rows of failed attempts."""

from django.db import migrations

TABLES = ("axes_accessattemptexpiration", "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog")


def drop(apps, schema_editor):
    """Drop what django-axes kept, where it was there, and what Django noted about it."""
    with schema_editor.connection.cursor() as cursor:
        found = set(schema_editor.connection.introspection.table_names(cursor))
        for table in TABLES:
            if table in found:
                cursor.execute(f"DROP TABLE {schema_editor.quote_name(table)}")
        if "django_content_type" in found:
            of_axes = "SELECT id FROM django_content_type WHERE app_label = 'axes'"
            if "auth_permission" in found:
                cursor.execute(f"DELETE FROM auth_permission WHERE content_type_id IN ({of_axes})")
            cursor.execute("DELETE FROM django_content_type WHERE app_label = 'axes'")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'axes'")


class Migration(migrations.Migration):
    dependencies = [("org", "0005_hashed_session_keys")]
    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
