"""One U-Net for all kinds of damage, trained with the NoGAN schedule."""
