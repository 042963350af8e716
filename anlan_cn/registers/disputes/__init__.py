"""Registers of M11 and M18: disputes and the reward-and-penalty rule."""
