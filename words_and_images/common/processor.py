"""Which matrix kernels the processor can run.

This module imports no NumPy: what it decides must stand in the environment before OpenBLAS loads.
"""

import os
import sys
from pathlib import Path

KERNELS_VARIABLE = "OPENBLAS_CORETYPE"
CHOSEN = f" as {KERNELS_VARIABLE} asks"
_SKYLAKE_FLAGS = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}


def choose_kernels(information: Path = Path("/proc/cpuinfo")) -> None:
    """Ask OpenBLAS for its AVX-512 kernels on AMD processors that have AVX-512.

    OpenBLAS recognises these processors and still gives them its AVX2 kernels, which take nearly
    twice the time for the products of the trainer. Elsewhere its own choice is right, and a value
    that the user has set stands.
    """
    if KERNELS_VARIABLE in os.environ or "numpy" in sys.modules or not information.exists():
        return
    text = information.read_text(encoding="utf-8", errors="replace")
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    if "AuthenticAMD" in text and _SKYLAKE_FLAGS.issubset(flags.split()):
        os.environ[KERNELS_VARIABLE] = "SkylakeX"


def describe_kernels() -> str:
    """The BLAS that NumPy uses and its kernels, for the log."""
    from threadpoolctl import threadpool_info

    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    libraries.sort(key=lambda library: "numpy" not in library["filepath"])  # SciPy has its own
    found = [f"{library['internal_api']} {library['version']} with its "
             f"{library.get('architecture', 'default')} kernels" for library in libraries]
    chosen = CHOSEN if KERNELS_VARIABLE in os.environ else ""
    return (found[0] if found else "an unknown BLAS") + chosen
