import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('org', '0001_initial'),
        ('org', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('register', models.CharField(max_length=40, verbose_name='Register')),
                ('state', models.CharField(choices=[('uploaded', 'Uploaded'), ('checked', 'Checked'), ('running', 'Running'), ('committed', 'Committed'), ('undone', 'Undone'), ('failed', 'Failed')], max_length=10, verbose_name='State')),
                ('file_name', models.CharField(max_length=200, verbose_name='File')),
                ('file_sha256', models.CharField(max_length=64)),
                ('stored_as', models.CharField(blank=True, max_length=200)),
                ('rows', models.PositiveIntegerField(default=0, verbose_name='Rows')),
                ('report', models.JSONField(default=dict)),
                ('at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.institution')),
            ],
            options={
                'verbose_name': 'Import',
                'indexes': [models.Index(fields=['institution', 'register', 'at'], name='flow_batch_recent')],
            },
        ),
        migrations.CreateModel(
            name='Counter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('institution_id', models.BigIntegerField()),
                ('register', models.CharField(max_length=40)),
                ('year', models.PositiveSmallIntegerField()),
                ('last', models.PositiveIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('institution_id', 'register', 'year'), name='flow_counter_once')],
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('institution_id', models.BigIntegerField()),
                ('register', models.CharField(max_length=40)),
                ('record_uid', models.UUIDField(db_index=True)),
                ('step', models.CharField(max_length=40)),
                ('version', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=200, verbose_name='File')),
                ('content_type', models.CharField(max_length=80)),
                ('size', models.PositiveIntegerField(verbose_name='Size')),
                ('sha256', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Evidence',
            },
        ),
        migrations.CreateModel(
            name='Performed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=160, unique=True)),
                ('entry_id', models.BigIntegerField()),
            ],
        ),
    ]
