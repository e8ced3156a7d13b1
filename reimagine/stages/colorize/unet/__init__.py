"""The default colorizer: a compact U-Net."""
