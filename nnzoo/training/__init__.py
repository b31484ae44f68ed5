"""Training: the recipe, the batches, the loop."""
