"""Registers of M05: hazards and monthly checks."""
