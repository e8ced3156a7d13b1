"""Colorization: the luma of a film is kept, its chroma is predicted."""
