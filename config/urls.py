"""All URLs: the staff screens at the root, the API below `/api/`."""
from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
