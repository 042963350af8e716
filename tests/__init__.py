"""The tests of Anlan. Personas and fixtures are in `conftest.py`; `world.py` builds the small tree in which they work."""
