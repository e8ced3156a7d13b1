"""Shared code of the trainings: options, checkpoints, weight averaging, losses, a discriminator, data, plots."""
