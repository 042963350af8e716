"""Registers of M01 and M02: groups, posts, plans, means and duties."""
