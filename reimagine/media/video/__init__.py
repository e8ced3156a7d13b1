"""Films: opening and decoding, times, fields and geometry, shots, and intermediate frames on the disk."""
