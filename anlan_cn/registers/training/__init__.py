"""Registers of M15: education, technical training and their attendance."""
