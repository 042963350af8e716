"""Adds the number that the score reads, and reckons it for decisions that were stored before."""

from django.db import migrations, models
from django.db.models import Case, F, Value, When


def reckon(apps, schema_editor):
    # the model's own manager demands an acting person; a migration has none
    judgements = models.QuerySet(apps.get_model("assessment", "Judgement"), using=schema_editor.connection.alias)
    judgements.update(
        decision=Case(
            When(verdict="set", then=F("deducted") + 3),
            When(verdict="confirm", then=Value(2)),
            default=Value(1),
        )
    )


class Migration(migrations.Migration):
    dependencies = [("assessment", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="judgement",
            name="decision",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="Decision as a number"),
        ),
        migrations.RunPython(reckon, migrations.RunPython.noop, elidable=True),
    ]
