"""Session keys are stored hashed: a copy of the database opens no session."""

from importlib import import_module

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from anlan.org.credentials import OpenSession
from anlan.org.door.session_store import SessionStore, stored

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WORD = "a sentence that is long"


def signed_in(person) -> Client:
    person.set_password(WORD)
    person.must_change_password = False
    person.save()
    browser = Client()
    assert browser.post("/sign-in/", {"username": person.username, "password": WORD}).status_code == 302
    return browser


def test_what_the_database_holds_opens_no_session(li):
    browser = signed_in(li)
    key = browser.cookies["sessionid"].value
    in_database = [row.session_key for row in Session.objects.all()] + [
        row.session_key for row in OpenSession.objects.all()
    ]

    assert set(in_database) == {stored(key)}
    assert len(stored(key)) == 40  # the width of Django's column, which PostgreSQL holds to
    for stolen in in_database:
        thief = Client()
        thief.cookies["sessionid"] = stolen
        assert thief.get("/me/").status_code == 302
    assert browser.get("/me/").status_code == 200
    browser.cookies["django_language"] = "en"
    assert browser.get("/me/").content.decode().count("This one") == 1


def test_the_data_of_somebody_elses_session_open_nothing_under_another_key(li, wang):
    """By SQL the data of Wang's session were copied into Li's row, and Li was Wang."""
    mine, theirs = signed_in(li), signed_in(wang)
    assert mine.get("/me/").status_code == 200
    stolen = Session.objects.get(session_key=stored(theirs.cookies["sessionid"].value)).session_data
    Session.objects.filter(session_key=stored(mine.cookies["sessionid"].value)).update(session_data=stolen)
    assert mine.get("/me/").status_code == 302
    assert theirs.get("/me/").status_code == 200


def test_no_table_holds_the_key(li):
    key = signed_in(li).cookies["sessionid"].value
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            assert key not in repr(cursor.fetchall()), table


def test_a_session_is_kept_found_changed_renewed_and_removed():
    store = SessionStore()
    store["a"] = 1
    store.save()
    first = store.session_key
    assert SessionStore(first)["a"] == 1
    assert (SessionStore().exists(first), SessionStore().exists(stored(first))) == (True, False)

    again = SessionStore(first)
    again["a"] = 2
    again.save()
    again.cycle_key()
    assert (SessionStore(again.session_key)["a"], SessionStore(first).get("a")) == (2, None)
    again.flush()
    assert Session.objects.count() == 0
    assert SessionStore("x" * 32).load() == {}


def test_the_upgrade_ends_sessions_whose_keys_stood_plain(li):
    migration = import_module("anlan.org.migrations.0005_hashed_session_keys")
    Session.objects.create(session_key="k" * 32, session_data="x", expire_date="2099-01-01T00:00:00Z")
    signed_in(li)
    apps = (
        MigrationLoader(connection)
        .project_state([("org", "0005_hashed_session_keys"), ("sessions", "0001_initial")])
        .apps
    )

    migration.end_sessions(apps, None)

    assert (Session.objects.count(), OpenSession.objects.count()) == (0, 0)
