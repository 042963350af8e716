"""The addresses that need no account. The log stands below `/log/` and the witness below `/witness/`, as their prefixes are given away."""

from django.urls import path

from anlan.portal.views import log, witness

app_name = "portal"
urlpatterns = [
    path("log/checkpoint", log.checkpoint, name="checkpoint"),
    path("log/tile/<path:path>", log.tile, name="tile"),
    path("witness/add-checkpoint", witness.add, name="add-checkpoint"),
]
