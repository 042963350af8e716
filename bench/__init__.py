"""Benchmarks against named peers and limits: `python -m bench`. Figures and how to repeat them: docs/performance.md."""
