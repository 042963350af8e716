"""Every app of ours with tables has migrations; without the folder Django makes tables that `makemigrations` never sees."""

from django.apps import AppConfig, apps
from django.db.migrations.loader import MigrationLoader


def ours() -> list[AppConfig]:
    return [app for app in apps.get_app_configs() if app.name.split(".")[0] in {"anlan", "anlan_cn", "config"}]


def test_every_app_with_tables_has_migrations() -> None:
    migrated = MigrationLoader(None, ignore_no_migrations=True).migrated_apps
    assert [app.name for app in ours() if list(app.get_models()) and app.label not in migrated] == []


def test_our_apps_are_seen() -> None:
    assert {"org", "ledger", "flow", "anlan_cn"} <= {app.label for app in ours()}
