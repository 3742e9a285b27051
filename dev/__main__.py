"""`python -m dev`: the same as `./witw`, without the look at `.venv`."""

import sys

from dev.cli import main

sys.exit(main())
