"""One U-Net for whatever has happened to a picture, trained with the NoGAN schedule."""
