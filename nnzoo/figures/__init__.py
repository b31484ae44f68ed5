"""Figures of runs, networks and data: the only place that imports matplotlib."""
