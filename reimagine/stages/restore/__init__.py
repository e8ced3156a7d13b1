"""Restoration: degraded, faded or negative frames in; clean positives out, with the same size and numbers."""
