"""A colorizer that sees three frames at a time, and learns the colours of one film from another."""
