"""Runs of several seeds as one result, and which of two results is the better one."""
