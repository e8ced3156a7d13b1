"""What several `train.py` share: options, checkpoints, weight averaging, losses, a discriminator, data, plots."""
