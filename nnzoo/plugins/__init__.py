"""The plugin host: which plugins there are, what they contribute, and how a component is found by name."""
