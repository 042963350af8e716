"""The commands of `anlan`, one module each: `NAME`, `HELP`, `add_arguments(parser)` and `run(args) -> int`."""
