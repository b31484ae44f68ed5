"""Sweeps: many configurations of a training, tried and ranked; see `docs/sweeps.md`."""
