"""Files: atomic writing, strict reading, tensors with a digest."""
