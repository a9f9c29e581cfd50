"""`python -m hackathon` is the `hackathon` command."""

from hackathon.cli import main

main()
