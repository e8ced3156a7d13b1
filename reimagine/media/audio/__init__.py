"""Sound: files, samples in blocks, its place in time, and separation into stems."""
