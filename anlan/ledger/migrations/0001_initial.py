import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(unique=True)),
                ('institution_id', models.BigIntegerField()),
                ('register', models.CharField(max_length=40)),
                ('record_uid', models.UUIDField()),
                ('version', models.PositiveIntegerField()),
                ('step', models.CharField(max_length=40)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('occurred_on', models.DateField()),
                ('recorded_at', models.DateTimeField()),
                ('header', models.TextField()),
                ('content', models.TextField(null=True)),
                ('salt', models.BinaryField(max_length=16, null=True)),
                ('leaf', models.BinaryField(max_length=32)),
            ],
            options={
                'verbose_name': 'Ledger entry',
                'indexes': [models.Index(fields=['institution_id', 'recorded_at'], name='ledger_entry_recent')],
                'constraints': [models.UniqueConstraint(fields=('record_uid', 'version'), name='ledger_entry_version_once')],
            },
        ),
        migrations.CreateModel(
            name='Unsequenced',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='ledger.entry')),
            ],
        ),
    ]
