"""Django settings. Everything that differs by place comes from the environment; every path lies under `ANLAN_HOME`."""

import os
from pathlib import Path

from anlan.org.door.limits import parse as session_limits
from config.home import Home, database_from_url, listening, time_of_day, whole_number
from config.server.proxies import networks

ROOT = Path(__file__).resolve().parent.parent
HOME = Home.from_environment(ROOT)

DEBUG = os.environ.get("ANLAN_DEBUG") == "1"
SECRET_KEY = HOME.secret_key()
ALLOWED_HOSTS = os.environ.get("ANLAN_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("ANLAN_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "treebeard",
    "csp",
    "django_htmx",
    "anlan.org.apps.OrgConfig",
    "anlan.ledger",
    "anlan.flow.apps.FlowConfig",
    "anlan.facts",
    "anlan.exchange",
    "anlan.assessment",
    "anlan.api",
    "anlan.portal",
    "anlan.web",
    "anlan_cn",
    "config.apps.ProjectConfig",
    "django.forms",  # last: templates of ours come first
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

MIDDLEWARE = [
    "config.metrics.MetricsMiddleware",
    "config.caching.NoStoreMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "anlan.web.middleware.OpensInOurLanguage",
    "anlan.api.answers.ApiAnswersMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "anlan.org.middleware.ActingMiddleware",
    "anlan.web.middleware.GateMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "anlan.web.shell.shell",
            ],
        },
    }
]

DATABASES = {"default": database_from_url(os.environ.get("ANLAN_DATABASE_URL", ""), HOME)}
# The server itself, where ANLAN_DATABASE_URL leads to a pooler: for pg_dump, pg_restore and the copy of a drill.
ANLAN_DATABASE_DIRECT = os.environ.get("ANLAN_DATABASE_DIRECT", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "org.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
# Two policies that contradict each other; see docs/security.md for why "modern" is the default.
ANLAN_PASSWORD_POLICY = os.environ.get("ANLAN_PASSWORD_POLICY", "modern")
AUTH_PASSWORD_VALIDATORS = [{"NAME": "anlan.org.door.passwords.PolicyValidator"}]
ANLAN_SSO = os.environ.get("ANLAN_SSO", "")  # a file that names sign-in services outside; docs/security.md
LOGIN_URL = "web:sign-in"
LOGIN_REDIRECT_URL = "web:start"
LOGOUT_REDIRECT_URL = "web:sign-in"

SESSION_ENGINE = "anlan.org.door.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
ANLAN_SESSION_LIMITS = session_limits(os.environ.get("ANLAN_SESSION_LIMITS", ""))
SESSION_COOKIE_AGE = max(limits.total_seconds for limits in ANLAN_SESSION_LIMITS.values())
CSRF_COOKIE_HTTPONLY = False
SECURE_TLS = os.environ.get("ANLAN_TLS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE_TLS
SECURE_HSTS_SECONDS = 31536000 if SECURE_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_TLS
# Asking browsers to preload the name binds every host below the domain, for years: the owner of the domain chooses it.
SECURE_HSTS_PRELOAD = SECURE_TLS and os.environ.get("ANLAN_HSTS_PRELOAD") == "1"
# Under TLS the names bind the cookies to this host, path / and TLS: no neighbour below the same domain can set one.
_HOST = "__Host-" if SECURE_TLS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_HOST}sessionid", f"{_HOST}csrftoken"
LANGUAGE_COOKIE_NAME, ANLAN_THEME_COOKIE_NAME = f"{_HOST}django_language", f"{_HOST}theme"
ANLAN_KNOWN_COOKIE_NAME, ANLAN_NOTICES_COOKIE_NAME = f"{_HOST}known_here", f"{_HOST}messages"
MESSAGE_STORAGE = "config.notices.NoticeStorage"
# Health and figures are asked for by machines, from within, over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
# Whose X-Forwarded-For and X-Forwarded-Proto count. The server reads them (`config.server.proxies`); Django never sees them.
ANLAN_TRUSTED_PROXIES = networks(os.environ.get("ANLAN_TRUSTED_PROXIES", ""), variable="ANLAN_TRUSTED_PROXIES")
# Connections, and requests under way, of one address. Behind one address there may be a whole hospital.
ANLAN_PER_ADDRESS = whole_number("ANLAN_PER_ADDRESS", os.environ.get("ANLAN_PER_ADDRESS") or "256")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A hospital without a certificate serves plain HTTP on its own network; the README says what ANLAN_TLS=1 changes.
SILENCED_SYSTEM_CHECKS = [] if SECURE_TLS else ["security.W004", "security.W008", "security.W012", "security.W016"]
SILENCED_SYSTEM_CHECKS += [] if SECURE_HSTS_PRELOAD else ["security.W021"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
LOCALE_PATHS = [ROOT / "anlan" / "locale", ROOT / "anlan_cn" / "locale"]
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = HOME.static
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(HOME.evidence)}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
# Files of a request stay in memory: without Django's second handler no plain byte of one reaches the disk. How large a request may
# be stands in `config.server.bodies`; the server spools what waits, encrypted.
FILE_UPLOAD_MAX_MEMORY_SIZE = 26 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

ANLAN_EVIDENCE_FOLDER = str(HOME.evidence)
ANLAN_KEYS_FOLDER = str(HOME.keys)
# Encrypted columns: the cipher of new keys, and a command that holds the keys in the place of files.
ANLAN_FIELD_KEYS_FOLDER = str(HOME.keys / "fields")
ANLAN_CIPHER = os.environ.get("ANLAN_CIPHER", "aes")
ANLAN_KEY_COMMAND = os.environ.get("ANLAN_KEY_COMMAND", "")
# Backups: where they go, what they are encrypted with, how many stay, and the time of day of the scheduled one.
ANLAN_BACKUP_FOLDER = os.environ.get("ANLAN_BACKUP_TO") or str(HOME.path / "backups")
ANLAN_BACKUP_KEY = os.environ.get("ANLAN_BACKUP_KEY") or str(HOME.keys / "backup.key")
ANLAN_BACKUP_KEEP = whole_number("ANLAN_BACKUP_KEEP", os.environ.get("ANLAN_BACKUP_KEEP") or "14")
ANLAN_BACKUP_AT = time_of_day("ANLAN_BACKUP_AT", os.environ.get("ANLAN_BACKUP_AT", ""))
# Where /metrics and the reasons of /health/ready are told, and to whom: a port of their own, addresses and networks.
ANLAN_METRICS_LISTEN = listening("ANLAN_METRICS_LISTEN", os.environ.get("ANLAN_METRICS_LISTEN", ""))
ANLAN_METRICS_FROM = networks(os.environ.get("ANLAN_METRICS_FROM", "127.0.0.1,::1"), variable="ANLAN_METRICS_FROM")
# The name that the ledger signs its checkpoints under. Choose it before the first witness keeps the key.
ANLAN_LOG_NAME = os.environ.get("ANLAN_LOG_NAME", "anlan.local/ledger")
# Where the access log goes besides the database: udp://host:514, tcp://host:601 or unix:/dev/log; empty: nowhere.
ANLAN_SYSLOG = os.environ.get("ANLAN_SYSLOG", "")
# This node as a witness of other logs, and the witnesses of its own: "KEY URL" or "KEY" for files, separated by commas.
ANLAN_WITNESS_NAME = os.environ.get("ANLAN_WITNESS_NAME", f"{ANLAN_LOG_NAME}/witness")
ANLAN_WITNESSES = os.environ.get("ANLAN_WITNESSES", "")
# sha256 or sm3 (national algorithms). Fixed with a log's first entry; another one is refused afterwards.
ANLAN_TREE_HASH = os.environ.get("ANLAN_TREE_HASH", "sha256")
ANLAN_EVIDENCE_MAX_BYTES = 20 * 1024 * 1024
ANLAN_CLAMAV = os.environ.get("ANLAN_CLAMAV", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "file": {
            "class": "logging.handlers.RotatingFileHandler",
            "filename": str(HOME.logs / "anlan.log"),
            "maxBytes": 10_000_000,
            "backupCount": 5,
            "encoding": "utf-8",
            "formatter": "line",
            "delay": True,
        },
        "console": {"class": "logging.StreamHandler", "formatter": "line", "level": "ERROR"},
    },
    "root": {"handlers": ["file", "console"], "level": "INFO"},
}
