"""Registers of M06: places, devices, incidents, police liaison, guards."""
