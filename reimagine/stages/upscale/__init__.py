"""Models of `upscale`."""
