"""Runs: one directory per training run, with its record, metrics, checkpoint and model."""
