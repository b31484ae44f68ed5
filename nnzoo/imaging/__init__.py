"""Convert pictures to samples for a network."""
