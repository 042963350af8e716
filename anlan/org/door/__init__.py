"""The door: passwords by one of two policies, delays after failures, second factors, sessions and their end, identities from outside.

Screens and API ask here; who may do what inside is decided in `anlan.org.policy`, not here.
"""
