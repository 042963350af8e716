"""One port for everything: Django's synchronous pages run as WSGI in worker threads below the server (`config.server`)."""

from django.conf import settings

from config import wsgi
from config.server.application import Application

pages = wsgi.application
application = Application(
    pages=pages,
    spool_folder=settings.HOME.spool,
    trusted=settings.ANLAN_TRUSTED_PROXIES,
    watchers=settings.ANLAN_METRICS_FROM,
    host=next((name for name in settings.ALLOWED_HOSTS if not name.startswith((".", "*"))), "localhost"),
    watch_port=settings.ANLAN_METRICS_LISTEN[1] if settings.ANLAN_METRICS_LISTEN else 0,
    each=settings.ANLAN_PER_ADDRESS,
)
