"""Two password policies that contradict each other: what each takes, what each refuses, and when a password grows old."""

import datetime as dt

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils import timezone, translation

from anlan.org.credentials import FormerPassword
from anlan.org.door.passwords import is_expired, policy

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def complaint(password: str, person=None) -> str:
    try:
        validate_password(password, user=person)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@pytest.mark.parametrize(
    ("password", "modern", "level_3"),
    [
        ("Ab3$efgh", "At least 12 characters.", ""),
        ("correct horse battery", "", "At least 3 of"),
        ("correct horse battery 9", "", ""),
        ("柳暗花明又一村 27 May", "", ""),
        ("Willow12", "At least 12 characters.", "one of the first"),  # a common word with digits behind
        ("aaaaaaaaaaaaaaaa", "one of the first", "At least 3 of"),
        ("abcdefghijklmnop", "one of the first", "At least 3 of"),
        ("12345678901234", "Digits alone", "At least 3 of"),
        ("13800138000", "At least 12", "At least 3 of"),
        ("Password123!", "one of the first", "one of the first"),
        ("anlan-anlan-anlan-1", "one of the first", "one of the first"),
        ("woaini1314", "At least 12", "At least 3 of"),
        ("Short1!", "At least 12 characters.", "At least 8 characters."),
    ],
)
def test_each_policy_says_what_it_says(settings, password, modern, level_3):
    for code, wanted in (("modern", modern), ("level-3", level_3)):
        settings.ANLAN_PASSWORD_POLICY = code
        said = complaint(password)
        assert (wanted in said) if wanted else said == "", f"{code}: {said}"


@pytest.mark.parametrize(
    "password",
    [
        *(
            "Anlan@2026Anlan",
            "4nl4n-4nl4n-1",
            "A.n.l.a.n.2026",
            "ＡＮＬＡＮ２０２６！！！！",
            "安澜安澜安澜安澜123",
            "nalna-nalna-12",
        ),
        *(
            "qwertyuiop12",
            "1qaz2wsx3edc",
            "1QAZ@WSX3edc",
            "zaq12wsxcde3",
            "asdfghjkl;'zx",
            "poiuytrewq09",
            "asdfqwer1234",
        ),
        *("qwer1234!@#$", "qazwsxedcrfv", "147258369qaz", "4esz5rdx6tfc", "0987654321qw"),
        *("P@ssw0rd2026", "Passw0rd!!!!", "passwordpassword", "Iloveyou2026", "football2025!", "monkeymonkey1"),
        *(
            "anlan123456789",
            "Anlan@12345678",
            "平安医院123456789",
            "anlan-qwerty-123",
            "yiyuan20251231",
            "a1b2c3d4e5f6",
        ),
        *("woaini1314520", "Admin@123456", "Hospital@2026", "zhangmin-2026", "ZhangMin@1234"),
    ],
)
def test_names_runs_and_common_words_are_no_passwords_in_any_spelling(settings, world, password):
    from tests.world import employ

    person = employ("zhangmin", "张敏", "office", world.hospital_a.unit)
    for code in ("modern", "level-3"):
        settings.ANLAN_PASSWORD_POLICY = code
        assert complaint(password, person) != "", code


def test_the_ten_thousand_commonest_are_refused_in_any_case():
    from django.contrib.auth.password_validation import CommonPasswordValidator

    from anlan.org.door.guessed import is_guessed

    common = CommonPasswordValidator().passwords
    words = sorted(word for word in common if word.isalpha() and len(word) > 3)
    assert (len(common) > 19_000, len(words) > 8_000) == (True, True)
    assert [word for word in common if not is_guessed(word.upper(), ())] == []
    assert [word for word in words[::20] if not is_guessed(f"{word.title()}2026!", ())] == []


@pytest.mark.parametrize(
    "password",
    ["blue kettle over river", "tree house were treasure", "anlan correct horse nine", "a sentence that is long"],
)
def test_several_words_are_good_also_common_ones_and_beside_the_name_of_the_house(li, password):
    assert complaint(password, li) == ""


def test_the_own_name_is_no_password(settings, li):
    assert "too similar" in complaint("li-li-li-li-li-li", li) or "one of the first" in complaint("li-li-li-li-li", li)


def test_a_megabyte_is_no_password(settings):
    assert "At most 128 characters." in complaint("a long sentence " * 70_000)


def test_level_3_takes_none_of_the_last_five_and_modern_keeps_none(settings, li):
    settings.ANLAN_PASSWORD_POLICY = "level-3"
    words = [f"Willow-{number}-river" for number in range(7)]
    for word in words:
        li.set_password(word)
        li.save()

    assert [complaint(word, li) == "" for word in words] == [True, True, False, False, False, False, False]
    assert FormerPassword.objects.filter(person=li).count() == 5

    settings.ANLAN_PASSWORD_POLICY = "modern"
    li.set_password("another long sentence")
    li.save()
    assert complaint("Willow-6-river", li) == ""
    assert "used before" in complaint("another long sentence", li) or complaint("another long sentence", li) == ""


def test_a_password_is_old_after_ninety_days_under_level_3_alone(settings, li):
    li.set_password("Willow-1-river")
    day = dt.timedelta(days=1)
    now = li.password_changed_at
    settings.ANLAN_PASSWORD_POLICY = "level-3"
    assert [is_expired(li, now=now + days * day) for days in (0, 90, 91)] == [False, False, True]
    li.password_changed_at = None  # set before the day was noted
    assert is_expired(li, now=now)
    settings.ANLAN_PASSWORD_POLICY = "modern"
    assert not is_expired(li, now=now + 4000 * day)


def test_an_old_password_leads_to_the_password_page_and_the_api_says_so(settings, li, client_as):
    settings.ANLAN_PASSWORD_POLICY = "level-3"
    li.set_password("Willow-1-river")
    li.save()
    browser = client_as(li)
    assert browser.get("/at/A/2025/").status_code == 200
    type(li).objects.update(password_changed_at=timezone.now() - dt.timedelta(days=91))

    assert browser.get("/at/A/2025/")["Location"] == "/password/"
    assert browser.get("/api/v1/institutions").json()["id"] == "api.E004"
    page = browser.get("/password/", headers={"Accept-Language": "en"}).content.decode()
    assert "90" in page
    answer = browser.post(
        "/password/",
        {"old_password": "Willow-1-river", "new_password1": "Willow-2-river", "new_password2": "Willow-2-river"},
    )
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert browser.get("/at/A/2025/").status_code == 200


def test_an_unknown_policy_is_named_with_the_known_ones(settings):
    settings.ANLAN_PASSWORD_POLICY = "strong"
    with pytest.raises(ImproperlyConfigured, match=r'is "strong"; use one of: modern, level-3'):
        policy()
