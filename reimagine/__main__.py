"""`python -m reimagine` is `reimagine`."""

from reimagine.cli import main

main()
