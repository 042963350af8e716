"""The look back says when it stored something; the audit says which stages its turn has done, and what the turn costs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flow", "0008_idempotency_fingerprint")]
    operations = [
        migrations.AddField("lookback", "turn", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("auditwalk", "done", models.JSONField(default=list)),
        migrations.AddField("auditwalk", "rounds", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("auditwalk", "busy_ms", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("auditwalk", "ended_seconds", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("auditwalk", "ended_rounds", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("auditwalk", "ended_busy_ms", models.PositiveBigIntegerField(default=0)),
        migrations.AddField(
            "auditfinding",
            "gone_by",
            models.CharField(
                blank=True,
                choices=[("turn", "Not met again by a whole turn"), ("look", "Agrees after a later look")],
                max_length=4,
            ),
        ),
    ]
