"""`python -m aftercall` is the command `aftercall`."""

from aftercall.cli import main

main()
