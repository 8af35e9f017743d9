"""`python -m kerasnlp_tutorial.cli`."""

import sys

from kerasnlp_tutorial.cli import main

sys.exit(main())
