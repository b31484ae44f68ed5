"""Files: written whole or not at all, read strictly, tensors with a digest."""
