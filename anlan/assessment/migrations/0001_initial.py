import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('flow', '0001_initial'),
        ('org', '0001_initial'),
        ('org', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='Receipt')),
                ('number', models.CharField(editable=False, max_length=32, verbose_name='Number')),
                ('state', models.CharField(editable=False, max_length=16, verbose_name='State')),
                ('occurred_on', models.DateField(verbose_name='Occurred on')),
                ('recorded_at', models.DateTimeField(editable=False, verbose_name='Recorded at')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='Due on')),
                ('is_counted', models.BooleanField(default=False, editable=False, verbose_name='Counts')),
                ('version', models.PositiveIntegerField(default=0, editable=False, verbose_name='Version')),
                ('extra', models.JSONField(blank=True, default=dict, verbose_name='Local extras')),
                ('rubric', models.CharField(max_length=40, verbose_name='Rubric')),
                ('rule', models.CharField(max_length=20, verbose_name='Rule')),
                ('year', models.PositiveSmallIntegerField(verbose_name='Year')),
                ('verdict', models.CharField(choices=[('confirm', 'Confirm the proposed deduction'), ('reject', 'Reject the proposed deduction'), ('set', 'Set the deduction')], max_length=8, verbose_name='Verdict')),
                ('deducted', models.PositiveIntegerField(default=0, verbose_name='Deduction in hundredths of a point')),
                ('reason', models.TextField(max_length=1000, verbose_name='Reason')),
                ('batch', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='flow.batch')),
                ('department', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit', verbose_name='Department')),
                ('institution', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.institution', verbose_name='Institution')),
                ('recorded_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Recorded by')),
            ],
            options={
                'verbose_name': 'Judgement',
                'verbose_name_plural': 'Judgements',
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['institution', 'occurred_on', 'id'], name='judgement_facts'), models.Index(fields=['institution', 'state', 'due_on', 'id'], name='judgement_open')],
                'constraints': [models.UniqueConstraint(fields=('institution', 'number'), name='assessment_judgement_number_once'), models.UniqueConstraint(condition=models.Q(('state', 'annulled'), _negated=True), fields=('institution', 'rubric', 'rule', 'year'), name='assessment_judgement_one_in_force'), models.CheckConstraint(condition=models.Q(('verdict', 'set'), ('deducted', 0), _connector='OR'), name='assessment_judgement_only_set_names_points')],
            },
        ),
    ]
