"""From a picture, drawn or photographed, to what a network takes as a sample."""
