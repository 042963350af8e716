"""A record that a sealed score read is not erased while the score's term runs."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from anlan.assessment.models import Seal
from anlan.assessment.seal_hold import sealed_scores
from tests.records import list_place

pytestmark = pytest.mark.django_db


def test_a_sealed_score_holds_the_records_that_it_read_for_three_years(world, li_actor):
    """Clause AL-retention."""
    read, other = (list_place(world.hospital_a, by=li_actor, name=name) for name in ("药房", "财务室"))
    Seal.objects.create(
        institution=world.hospital_a, kind="commission", rubric="qidong-2018", edition="1", year=2025, version=1,
        as_of=dt.date(2025, 12, 31), raw=8000, applicable_max=8500, document=f'{{"records":{{"{read.uid.hex}":{{}}}}}}',
        sha256="0" * 64, entry_uid=uuid.uuid4(), published_at=timezone.now(),
    )  # fmt: skip

    (hold,) = sealed_scores(read, dt.date(2028, 12, 31))

    assert (hold.until, hold.clause, hold.is_verified) == (dt.date(2028, 12, 31), "AL-retention", False)
    assert "qidong-2018 2025 (version 1) read it" in hold.words
    assert list(sealed_scores(read, dt.date(2029, 1, 1))) == []
    assert list(sealed_scores(other, dt.date(2026, 6, 1))) == []
