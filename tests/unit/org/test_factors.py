"""Second factors: the RFC's own vectors, codes that serve once, recovery codes, delays, and security keys that answer for one place."""

import datetime as dt

import pytest
from django.utils import timezone

from anlan.ledger.models import Entry
from anlan.org import administration
from anlan.org.credentials import Factor
from anlan.org.door import factors, totp, webauthn
from anlan.org.door.factors import FactorRefused
from anlan.org.errors import Contradiction
from anlan.org.roles import Group, Reach, Role, Sensitivity, all_roles

pytestmark = pytest.mark.database
NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)  # fmt: skip
def test_codes_are_those_of_rfc_6238(seconds, code):
    """RFC 6238, appendix B, SHA-1; the last six of its eight digits."""
    assert totp.code_at(RFC_SECRET, totp.step_at(seconds)) == code


def test_a_clock_may_be_half_a_minute_wrong_and_no_more():
    code = totp.code_at(RFC_SECRET, 100)
    accepted = [step for step in range(96, 105) if totp.matching_step(RFC_SECRET, code, unix_seconds=step * 30) == 100]
    assert accepted == [99, 100, 101]


def test_the_address_of_the_qr_code_is_what_telephones_read():
    text = totp.address(RFC_SECRET, account="li@a.cn", issuer="Anlan")
    assert text == "otpauth://totp/Anlan:li%40a.cn?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Anlan"


@pytest.fixture
def secret(chen) -> bytes:
    """Chen's telephone, set up a minute ago."""
    made = factors.begin_totp(chen, now=NOW)
    earlier = NOW - dt.timedelta(seconds=60)
    factors.confirm_totp(chen, code(made, earlier), now=earlier)
    return made


def code(secret: bytes, at: dt.datetime) -> str:
    return totp.code_at(secret, totp.step_at(at.timestamp()))


def test_a_telephone_counts_only_after_it_showed_a_right_code(chen):
    made = factors.begin_totp(chen, now=NOW)
    assert not factors.has_factor(chen)
    assert factors.begin_totp(chen, now=NOW) == made
    with pytest.raises(FactorRefused, match="code is not right"):
        factors.confirm_totp(chen, "000000" if code(made, NOW) != "000000" else "111111", now=NOW)
    assert not factors.has_factor(chen)

    factors.confirm_totp(chen, code(made, NOW), now=NOW)
    assert factors.has_factor(chen)
    with pytest.raises(FactorRefused, match="set up already"):
        factors.begin_totp(chen, now=NOW)


def test_a_code_serves_once(chen, secret):
    assert factors.show_code(chen, code(secret, NOW), now=NOW) == "totp"
    with pytest.raises(FactorRefused, match="used already") as caught:
        factors.show_code(chen, code(secret, NOW), now=NOW)
    assert caught.value.code == "org.E084"


def test_a_code_used_before_the_clock_was_set_back_shuts_nobody_out(chen, secret):
    tomorrow = NOW + dt.timedelta(days=1)
    assert factors.show_code(chen, code(secret, tomorrow), now=tomorrow) == "totp"
    assert factors.show_code(chen, code(secret, NOW), now=NOW) == "totp"
    with pytest.raises(FactorRefused, match="used already"):
        factors.show_code(chen, code(secret, NOW), now=NOW)


def test_the_secret_is_not_in_the_database_in_clear_and_opens_for_its_person_alone(chen, zhou, secret):
    row = Factor.objects.get(person=chen)
    assert secret not in bytes(row.data)
    Factor.objects.filter(pk=row.pk).update(person=zhou)
    with pytest.raises(FactorRefused, match="another key") as caught:
        factors.show_code(zhou, code(secret, NOW), now=NOW)
    assert caught.value.code == "org.E086"


def test_the_secret_opens_under_the_key_of_this_installation_alone(chen, secret, settings):
    settings.SECRET_KEY = "another installation's key, long enough to be one"
    with pytest.raises(FactorRefused, match="another key"):
        factors.show_code(chen, code(secret, NOW), now=NOW)


def test_a_recovery_code_serves_once_and_is_kept_as_a_hash(chen, secret):
    codes = factors.new_recovery_codes(chen, now=NOW)
    stored = b"".join(bytes(row.data) for row in Factor.objects.filter(person=chen, kind="recovery"))

    assert (len(codes), len(set(codes)), {len(one) for one in codes}) == (10, 10, {14})
    assert not any(one.replace("-", "").encode() in stored for one in codes)
    assert factors.show_code(chen, codes[3], now=NOW) == "recovery"
    with pytest.raises(FactorRefused):
        factors.show_code(chen, codes[3], now=NOW)
    assert factors.confirmed(chen).filter(kind="recovery").count() == 9


def test_new_recovery_codes_end_the_old_ones(chen, secret):
    old = factors.new_recovery_codes(chen, now=NOW)
    factors.new_recovery_codes(chen, now=NOW)
    with pytest.raises(FactorRefused):
        factors.show_code(chen, old[0], now=NOW)


def test_wrong_codes_slow_the_next_and_lock_nobody(chen, secret):
    for _ in range(5):
        with pytest.raises(FactorRefused, match="code is not right"):
            factors.show_code(chen, "wrong-code-xx", now=NOW)
    waits = []
    moment = NOW
    for _ in range(4):
        with pytest.raises(FactorRefused) as caught:
            factors.show_code(chen, code(secret, moment), now=moment)
        waits.append(caught.value.wait_seconds)
        moment += dt.timedelta(seconds=caught.value.wait_seconds)
        with pytest.raises(FactorRefused, match="not right"):
            factors.show_code(chen, "wrong-code-xx", now=moment)

    assert waits == [1, 2, 4, 8]
    later = moment + dt.timedelta(seconds=16)
    assert factors.show_code(chen, code(secret, later), now=later) == "totp"


def test_the_last_factor_of_a_person_whose_post_asks_for_one_stays(chen, chen_actor, secret):
    row = Factor.objects.get(person=chen)
    with pytest.raises(FactorRefused, match="Set up another") as caught:
        factors.remove(chen, row.pk, chen_actor)
    assert caught.value.code == "org.E083"


def test_somebody_who_chose_a_factor_may_drop_it_and_its_recovery_codes(li, li_actor):
    made = factors.begin_totp(li, now=NOW)
    factors.confirm_totp(li, code(made, NOW), now=NOW)
    factors.new_recovery_codes(li, now=NOW)
    factors.remove(li, Factor.objects.get(person=li, kind="totp").pk, li_actor)
    assert not Factor.objects.filter(person=li).exists()


def test_nobody_removes_a_factor_of_somebody_else(chen, li, li_actor, secret):
    with pytest.raises(FactorRefused, match="gone already"):
        factors.remove(li, Factor.objects.get(person=chen).pk, li_actor)
    assert factors.has_factor(chen)


def test_an_administrator_resets_lost_factors_and_the_ledger_says_so(li, guan, guan_actor):
    """Of the office of a hospital; a reviewer's takes two people: test_two_people.py."""
    code = totp.code_at(factors.begin_totp(li, now=NOW), totp.step_at(NOW.timestamp()))
    factors.confirm_totp(li, code, now=NOW)
    factors.new_recovery_codes(li, now=NOW)
    generation = li.session_generation
    administration.reset_factors(li, by=guan_actor)

    entry = Entry.objects.order_by("-pk")[0]
    assert (entry.register, entry.step, entry.actor_id) == ("org.person", "reset_factors", guan.pk)
    assert '"factors":11' in str(entry.content).replace("'", '"').replace(" ", "")
    li.refresh_from_db()
    assert not factors.has_factor(li)
    assert li.session_generation == generation + 1
    with pytest.raises(Contradiction, match="your own account"):
        administration.reset_factors(guan, by=guan_actor)


def test_the_code_is_shown_for_people_who_are_made_up_and_for_nobody_else(chen, secret):
    assert factors.code_of_today(chen, now=NOW) == ""
    chen.is_synthetic = True
    shown = factors.code_of_today(chen, now=NOW)
    assert shown == code(secret, NOW)
    assert factors.show_code(chen, shown, now=NOW) == "totp"
    again = factors.code_of_today(chen, now=NOW)  # the demo goes on within the same half minute
    assert again != shown
    assert factors.show_code(chen, again, now=NOW) == "totp"


def test_every_role_of_a_commission_and_every_officer_shows_a_second_factor():
    """Forced for commissions, officers and sealed compartments."""
    asked = {role.code for role in all_roles() if role.needs_second_factor}
    wanted = {role.code for role in all_roles() if role.group in (Group.COMMISSION, Group.OFFICER)}
    assert {"reviewer", "auditor", "administrator", "security_officer", "audit_officer"} <= asked
    assert asked >= wanted


def test_who_reads_what_is_sealed_shows_a_second_factor_without_declaring_it():
    words = {"name": "x", "description": "x", "reach": Reach.INSTITUTION}
    assert Role(code="x1", sensitivity=Sensitivity.SEALED, **words).needs_second_factor
    assert not Role(code="x2", sensitivity=Sensitivity.SENSITIVE, **words).needs_second_factor


@pytest.mark.parametrize(
    ("origin", "usable"),
    [
        ("https://anlan.hospital.cn", True),
        ("http://localhost:8000", True),
        ("http://anlan.hospital.cn", False),
        ("http://127.0.0.1:8000", False),
        ("https://10.0.0.7", False),
        ("https://[::1]:8000", False),
    ],
)
def test_browsers_offer_keys_only_over_https_or_on_localhost_and_never_for_digits(origin, usable):
    assert webauthn.usable_at(origin) is usable


@pytest.mark.parametrize("answer", [{}, {"id": "x"}, {"rawId": "!", "response": {}}, {"rawId": [1]}])
def test_an_answer_of_no_key_is_refused_without_a_server_error(chen, answer):
    with pytest.raises(FactorRefused) as caught:
        webauthn.register(chen, answer, {}, name="", origin="https://anlan.cn", now=timezone.now())
    assert caught.value.code == "org.E089"
    with pytest.raises(FactorRefused, match="has 61 characters; 60 are allowed"):
        webauthn.register(chen, answer, {}, name="k" * 61, origin="https://anlan.cn", now=timezone.now())
    with pytest.raises(FactorRefused, match="No security key"):
        webauthn.begin_showing(chen, origin="https://anlan.cn")
    with pytest.raises(FactorRefused):
        webauthn.show(chen, answer, {}, origin="https://anlan.cn", now=timezone.now())
