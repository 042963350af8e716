"""One port for everything: Django's synchronous pages run as WSGI in a thread pool below the ASGI server."""

from typing import Any

from a2wsgi import WSGIMiddleware

from config.wsgi import application as wsgi_application

pages: Any = wsgi_application

application: Any = WSGIMiddleware(pages, workers=8)
