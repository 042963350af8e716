"""Backup, restore and drill: one encrypted file per backup, and the evidence beside it, each file once."""
