import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from words_and_images.common.processor import KERNELS_VARIABLE, choose_kernels, describe_kernels

AVX512 = "avx512f avx512dq avx512cd avx512bw avx512vl"


@pytest.fixture
def information(tmp_path, monkeypatch):
    """Writes a processor's description; NumPy is not loaded yet, and nothing is asked for."""
    monkeypatch.delitem(sys.modules, "numpy")
    monkeypatch.setenv(KERNELS_VARIABLE, "")
    monkeypatch.delenv(KERNELS_VARIABLE)

    def write(vendor, flags):
        path = tmp_path / "cpuinfo"
        path.write_text(f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: fpu avx2 {flags} sha\n"
                        f"bugs\t: none\n")
        return path

    return write


def test_an_amd_processor_with_avx512_gets_its_kernels(information):
    choose_kernels(information("AuthenticAMD", AVX512))
    assert os.environ[KERNELS_VARIABLE] == "SkylakeX"


@pytest.mark.parametrize(("vendor", "flags"), [
    ("AuthenticAMD", ""),
    ("AuthenticAMD", "avx512f avx512dq avx512cd avx512bw"),  # one is missing: it would crash
    ("AuthenticAMD", AVX512.replace("avx512vl", "avx512vl_not")),
    ("GenuineIntel", AVX512),  # OpenBLAS chooses well there
])
def test_other_processors_are_left_to_openblas(information, vendor, flags):
    choose_kernels(information(vendor, flags))
    assert KERNELS_VARIABLE not in os.environ


def test_a_users_own_choice_stands(information, monkeypatch):
    monkeypatch.setenv(KERNELS_VARIABLE, "Haswell")
    choose_kernels(information("AuthenticAMD", AVX512))
    assert os.environ[KERNELS_VARIABLE] == "Haswell"


def test_nothing_is_chosen_once_numpy_is_loaded(information, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", object())
    choose_kernels(information("AuthenticAMD", AVX512))
    assert KERNELS_VARIABLE not in os.environ


def test_nothing_is_chosen_where_the_processor_is_not_described(information, tmp_path):
    choose_kernels(tmp_path / "missing")
    assert KERNELS_VARIABLE not in os.environ


def test_the_log_names_library_and_kernels(monkeypatch):
    monkeypatch.delenv(KERNELS_VARIABLE, raising=False)
    plain = describe_kernels()
    assert re.search(r"with its \S+ kernels$", plain) or plain == "an unknown BLAS"
    monkeypatch.setenv(KERNELS_VARIABLE, "Haswell")
    assert describe_kernels() == f"{plain} as OPENBLAS_CORETYPE asks"


def test_the_package_chooses_before_numpy_is_loaded():
    script = ("import sys, words_and_images.common.processor as p\n"
              "assert 'numpy' not in sys.modules\n"
              "import word2vec.training.loop, numpy, os\n"
              "print(os.environ.get(p.KERNELS_VARIABLE, ''), p.describe_kernels())")
    environment = {name: value for name, value in os.environ.items() if name != KERNELS_VARIABLE}
    root = Path(__file__).parents[3]
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                              env={**environment, "PYTHONPATH": str(root)})
    assert finished.returncode == 0, finished.stderr
    asked, _, told = finished.stdout.partition(" ")
    assert asked in ("", "SkylakeX")
    assert asked in told
