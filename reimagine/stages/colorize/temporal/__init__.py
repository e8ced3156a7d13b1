"""A colorizer that sees three consecutive frames, and is trained on the colours of one film."""
