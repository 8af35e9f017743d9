"""The name of the program."""

PROGRAM = "kerasnlp-tutorial"
