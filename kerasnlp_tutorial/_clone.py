"""In a clone, `chapters/` and `data/` lie beside this package, not in it.

A wheel and an editable install map them into it (setup.cfg). A clone that is used as
it is, also one that shadows an installed copy, has this finder.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = ("kerasnlp_tutorial.chapters", "kerasnlp_tutorial.data")


class CloneFinder(MetaPathFinder):
    """Finds two packages at the root of the clone, and nothing else there."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where a package lies; None if it is not one of the two."""
        if fullname not in OUTSIDE:
            return None
        return PathFinder.find_spec(fullname, [str(ROOT)], target)


def find_chapters_and_data() -> None:
    """Make both packages importable if this is a clone."""
    if (ROOT / "setup.cfg").is_file() and (ROOT / "chapters/__init__.py").is_file():
        # Before all others: another clone may be installed, as an editable copy.
        sys.meta_path.insert(0, CloneFinder())
