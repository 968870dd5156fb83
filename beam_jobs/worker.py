"""`python -m beam_jobs.worker`: a local worker process of Beam, tied to the life of the one that started it.

Ctrl-C reaches all processes of a terminal at once; the workers leave it to their parent, which then ends, and they with
it. On Linux the kernel sees to that at once; elsewhere Beam's own connection breaks a little later.
"""

import ctypes
import logging
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
"""From <sys/prctl.h>: the signal that a process gets when its parent ends."""


def main() -> None:
    """Runs Beam's worker until its parent has no more work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Log lines and exceptions go to the parent, which says what there is to say; here Beam would print them too.
    logging.getLogger().addHandler(logging.NullHandler())
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lives
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv)


if __name__ == "__main__":
    main()
