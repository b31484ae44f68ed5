"""Plugins: find, import and check them, and look up components by kind and name."""
