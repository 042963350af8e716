"""Registers of M07: fire, pressure, electricity, materials, key posts."""
