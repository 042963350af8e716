"""Registers of M08: quality activities, record audits, committees."""
