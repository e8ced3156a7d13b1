"""Colorization: the luma of a film is unchanged, its chroma is predicted."""
