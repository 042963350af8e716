"""Registers of M14: screening rounds and notices."""
