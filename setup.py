"""The description for PyPI: the README, whose relative links would lead nowhere there.

All else is in setup.cfg.
"""

import configparser
import re
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).resolve().parent
BRANCH = "main"
RELATIVE = re.compile(r"(!?)(\[[^\]]*\]\()(?![a-z]+:|#)([^)\s]+)(?=\))")


def repository() -> str:
    """Return the address of the repository, which only setup.cfg knows."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser["metadata"]["project_urls"].partition(" = ")[2]


def description() -> str:
    """Return the README, with links to the repository's files and its pictures."""
    home, readme = repository(), (ROOT / "README.md").read_text(encoding="utf-8")

    def absolute(match: re.Match[str]) -> str:
        picture, text, path = match.groups()
        return f"{picture}{text}{home}/{'raw' if picture else 'blob'}/{BRANCH}/{path}"

    return RELATIVE.sub(absolute, readme)


setup(long_description=description())
