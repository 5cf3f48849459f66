"""``python -m symmeter.cli``, the same as ``symmeter``."""

import sys

from symmeter.cli import main

sys.exit(main())
