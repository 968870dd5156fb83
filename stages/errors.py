"""The one exception that a person is meant to read."""


class GristmillError(Exception):
    """One line that names the file, key or record at fault and what to do about it.

    Every command turns it into that line on standard error and a non-zero exit status; anything else that is
    raised is a defect of Gristmill and keeps its traceback.
    """


def broken_installation(error: ImportError) -> str:
    """What to tell a user whose environment lacks a package, or has one that does not work."""
    message = " ".join(str(error).split())
    return f"a package is missing or broken: {message}; delete .venv and run `make environment`"
