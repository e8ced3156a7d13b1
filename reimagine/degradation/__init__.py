"""Wear and tear, made on purpose: what training, tests and demonstrations do to clean pictures.

Damager("old-print", seed=1910)(grey) -> Plate: the worn picture, and where it is lost
degrade(frames, "negative", seed=7)   -> the frames of a film, worn
"""

from reimagine.degradation.kinds import KINDS, Degrader, degrade
from reimagine.degradation.operations import DegradedImage

__all__ = ["KINDS", "DegradedImage", "Degrader", "degrade"]
