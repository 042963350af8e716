"""The benchmarks of docs/performance.md: `python -m bench`. Not installed with the product."""
