"""Runs: a directory for each training, with its record, its figures and the model it made."""
