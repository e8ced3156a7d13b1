"""Notes: MIDI and CSV files, tempo changes, pitch bends, and division into voices."""
