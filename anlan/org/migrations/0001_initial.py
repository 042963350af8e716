import django.core.validators
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(max_length=40)),
                ('arguments', models.JSONField(default=dict)),
                ('key', models.CharField(max_length=120, null=True, unique=True)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=8)),
                ('run_after', models.DateTimeField()),
                ('leased_until', models.DateTimeField(null=True)),
                ('lease', models.UUIDField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('done_units', models.PositiveIntegerField(default=0)),
                ('total_units', models.PositiveIntegerField(default=0)),
                ('result', models.JSONField(null=True)),
                ('error', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'run_after'], name='org_job_next')],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=64, unique=True, verbose_name='User name')),
                ('name', models.CharField(max_length=60, verbose_name='Name')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='Phone')),
                ('is_active', models.BooleanField(default=True, verbose_name='Active')),
                ('must_change_password', models.BooleanField(default=False, verbose_name='Must change password')),
                ('is_synthetic', models.BooleanField(default=False, verbose_name='Synthetic')),
            ],
            options={
                'verbose_name': 'Person',
            },
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=255, unique=True)),
                ('depth', models.PositiveIntegerField()),
                ('numchild', models.PositiveIntegerField(default=0)),
                ('kind', models.CharField(choices=[('commission', 'Commission'), ('institution', 'Institution'), ('department', 'Department')], max_length=12, verbose_name='Kind')),
                ('level', models.CharField(blank=True, choices=[('province', 'Province'), ('city', 'City'), ('district', 'District'), ('', 'Not a commission')], max_length=8, verbose_name='Level')),
                ('code', models.CharField(max_length=32, unique=True, verbose_name='Code')),
                ('name', models.CharField(max_length=120, verbose_name='Name')),
                ('name_en', models.CharField(blank=True, max_length=160, verbose_name='English name')),
                ('is_active', models.BooleanField(default=True, verbose_name='Active')),
            ],
            options={
                'verbose_name': 'Unit',
                'constraints': [models.CheckConstraint(condition=models.Q(('kind', 'commission'), ('level', ''), _connector='XOR'), name='org_unit_level_only_on_commissions')],
            },
        ),
        migrations.CreateModel(
            name='Institution',
            fields=[
                ('unit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='institution', serialize=False, to='org.unit')),
                ('code', models.CharField(max_length=32, unique=True, verbose_name='Code')),
                ('class_level', models.SmallIntegerField(choices=[(0, 'Ungraded'), (1, 'Level 1'), (2, 'Level 2'), (3, 'Level 3')], verbose_name='Class')),
                ('is_large_specialist', models.BooleanField(default=False, verbose_name='Large specialist hospital')),
                ('large_specialist_reason', models.CharField(blank=True, max_length=200, verbose_name='Reason for the flag')),
                ('kind', models.CharField(choices=[('general', 'General hospital'), ('tcm', 'Hospital of Chinese medicine'), ('maternal', 'Maternal and child health hospital'), ('specialist', 'Specialist hospital'), ('community', 'Community health centre'), ('township', 'Township health centre'), ('public_health', 'Public-health unit')], max_length=16, verbose_name='Kind')),
                ('beds', models.PositiveIntegerField(default=0, verbose_name='Beds')),
                ('staff', models.PositiveIntegerField(default=0, validators=[django.core.validators.MinValueValidator(0)], verbose_name='Staff on roll')),
                ('is_synthetic', models.BooleanField(default=False, verbose_name='Synthetic')),
                ('first_responsible', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='First responsible person')),
            ],
            options={
                'verbose_name': 'Institution',
                'constraints': [models.CheckConstraint(condition=models.Q(('is_large_specialist', False), models.Q(('large_specialist_reason', ''), _negated=True), _connector='OR'), name='org_institution_large_specialist_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=40, verbose_name='Role')),
                ('starts_on', models.DateField(verbose_name='From')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='To')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='org.unit')),
            ],
            options={
                'verbose_name': 'Post',
                'constraints': [models.UniqueConstraint(fields=('person', 'unit', 'role', 'starts_on'), name='org_post_once'), models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='org_post_ends_after_start')],
            },
        ),
    ]
