"""The stages' scripts."""

import os
import signal
import sys

# Before a script imports NumPy. Its name is not in sys.argv yet, which is "-m" meanwhile.
_IS_STAGE = sys.argv[0] == "-m"
if _IS_STAGE and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while it is loaded: ended without a traceback

from words_and_images.common.commandline import end_with_parent, guard  # noqa: E402

if _IS_STAGE:
    if "DVC_STAGE" in os.environ:
        end_with_parent(signal.SIGTERM)  # DVC that is ended alone would leave it at work
    guard(f"{sys.orig_argv[sys.orig_argv.index('-m') + 1].rpartition('.')[2]}: ")
