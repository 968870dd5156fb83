"""The one exception that a person is meant to read."""


class GristmillError(Exception):
    """One line that names the file, key or record at fault and what to do about it.

    Every command turns it into that line on standard error and a non-zero exit status; anything else that is
    raised is a defect of Gristmill and keeps its traceback.
    """
