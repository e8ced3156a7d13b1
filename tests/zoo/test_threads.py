"""How many cores the program uses."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

AVAILABLE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.mark.parametrize(("named", "cores"), [("3", 3), ("1", 1), ("", AVAILABLE), ("0", AVAILABLE), ("x", AVAILABLE)])
def test_the_number_of_threads_that_the_environment_names_is_used(named, cores):
    code = "from reimagine.zoo.threads import CORES; print(CORES)"
    environment = {**os.environ, "OMP_NUM_THREADS": named}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert int(done.stdout) == cores
