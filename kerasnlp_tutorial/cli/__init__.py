"""The command `kerasnlp-tutorial`."""

from kerasnlp_tutorial.cli.main import main
from kerasnlp_tutorial.cli.parser import make_parser
from kerasnlp_tutorial.cli.program import PROGRAM

__all__ = ["PROGRAM", "main", "make_parser"]
