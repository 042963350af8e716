"""The verifier for those who trust neither this server nor this package: one file, `anlan_verify.py`, standard library only.

It travels inside every archive package. Nothing in it imports Anlan; Anlan imports it, so that both judge alike.
"""
