from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessment", "0004_honest_times"),
    ]

    operations = [
        migrations.AddField(
            model_name="seal",
            name="records",
            field=models.TextField(blank=True, default=""),
        ),
    ]
