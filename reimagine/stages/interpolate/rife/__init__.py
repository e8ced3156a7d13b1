"""RIFE (Huang et al. 2022), with its published weights."""
