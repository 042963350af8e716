"""The staff's face: server-rendered pages with htmx. Thin: parse, one call into a room, render.

Holds:   views, templates, our own style and scripts, and the vendored front end (`static/vendor`, locked by hash).
Refuses: rules of its own, inline script or style, a page that works only with a mouse, imports from `api` and `portal`.
Imports: every room below; never `api` or `portal`.
"""
