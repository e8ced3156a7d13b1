"""Models of `interpolate`."""
