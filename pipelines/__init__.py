"""The stages' scripts."""

import os
import signal
import sys

from words_and_images.common.commandline import end_with_parent, guard

# Before a script imports NumPy. Its name is not in sys.argv yet, which is "-m" meanwhile.
if sys.argv[0] == "-m":
    if "DVC_STAGE" in os.environ:
        end_with_parent(signal.SIGTERM)  # DVC that is ended alone would leave it at work
    guard(f"{sys.orig_argv[sys.orig_argv.index('-m') + 1].rpartition('.')[2]}: ")
