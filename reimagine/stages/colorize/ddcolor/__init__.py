"""DDColor's networks, for users who have their weights."""
