"""One port for everything: Django's synchronous pages run as WSGI in a thread pool below the ASGI server."""

from typing import Any

from a2wsgi import WSGIMiddleware

from config import wsgi

pages: Any = wsgi.application  # Django's handler is looser in its types than the middleware asks
application: Any = WSGIMiddleware(pages, workers=8)
