"""A colorizer with three consecutive frames as input, and is trained on the colours of one film."""
