"""`python -m aftercall_stage` is the stage's command."""

import sys

from aftercall_stage.cli import main

sys.exit(main())
