"""`python -m reimagine.cli` is `reimagine`."""
from reimagine.cli import main

main()
