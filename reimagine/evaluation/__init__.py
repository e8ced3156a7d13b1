"""Evaluation of models against ground truth: the workflows of `reimagine evaluate`. Each returns rows of numbers."""
