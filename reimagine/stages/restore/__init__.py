"""Restore: old, worn or negative pictures in, clean positives out; the same size, the same number."""
