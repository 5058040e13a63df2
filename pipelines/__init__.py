"""The stages' scripts."""

import sys

from words_and_images.common.commandline import guard

# Before a script imports NumPy. Its name is not in sys.argv yet, which is "-m" meanwhile.
if sys.argv[0] == "-m":
    guard(f"{sys.orig_argv[sys.orig_argv.index('-m') + 1].rpartition('.')[2]}: ")
