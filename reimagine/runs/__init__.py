"""Run folders: what was done to a film, and the tracks that the steps left."""
