"""The command `kerasnlp-tutorial`."""

from kerasnlp_tutorial.cli.main import main
from kerasnlp_tutorial.cli.parser import PROGRAM, make_parser

__all__ = ["PROGRAM", "main", "make_parser"]
