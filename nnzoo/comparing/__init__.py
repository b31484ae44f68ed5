"""Compare runs: several seeds as one result, and which of two results is better."""
