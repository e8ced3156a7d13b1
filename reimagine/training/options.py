"""Options that several trainings share: type and help text, declared once.

seed: Seed = 1
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

Photos = Annotated[Path, "Colour photographs: a folder of pictures or .tar files"]
Films = Annotated[Path, "A folder of films"]
Features = Annotated[str, "SqueezeNet v1.1 features (.safetensors): starting point and perceptual loss"]
Batch = Annotated[int, "Examples per step"]
Size = Annotated[int, "Side of the training crops, in pixels (a multiple of 16)"]
LastSize = Annotated[int, "Side of the training crops in the last part of the generator phase, in pixels"]
Minutes = Annotated[float, "Training time in minutes; the learning-rate schedule follows this clock"]
DiscriminatorMinutes = Annotated[float, "Minutes in which only the discriminator is trained"]
AdversarialMinutes = Annotated[float, "Minutes of adversarial training; 0 skips it"]
LearningRate = Annotated[float, "Peak learning rate"]
Seed = Annotated[int, "Random seed"]
