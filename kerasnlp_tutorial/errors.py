"""The one exception that means "the input is wrong", as against "we have a bug"."""


class InputError(ValueError):
    """A file, an option or a value given by the user cannot be used.

    The message says what was received, where (file and line where there is one)
    and what would be right. The command line prints it without a traceback and
    exits with code 2.
    """
