"""Run folders: the finished steps of a film and its tracks after them."""
