"""The demo city: one city, two districts, 24 institutions, two years of registers. All of it is synthetic and marked so."""
