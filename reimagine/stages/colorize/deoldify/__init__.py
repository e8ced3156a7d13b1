"""DeOldify's networks, for users who have their weights."""
