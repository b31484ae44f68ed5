"""Benchmarks: ``python -m benchmarks`` runs all topics. Each topic and each library is a module."""
