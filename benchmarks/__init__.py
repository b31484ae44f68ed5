"""Measured speed: ``python -m benchmarks`` runs everything; each topic, and each who takes part, is a module."""
