"""Registers (台账), one file each, in a folder per subsystem. Each file declares columns, flow and privacy; nothing else."""
