"""What two or more `train.py` share: save and resume, averaged weights, a log. No trainer class."""
