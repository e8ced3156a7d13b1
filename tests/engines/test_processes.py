"""The engine `processes`: results in order, progress, errors in one line, and workers that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import engine_functions
import numpy as np
import pytest
from helpers import frames_of, make_film, run_cli

import reimagine
from reimagine.engines.processes import open_processes
from reimagine.errors import StageError
from reimagine.zoo.threads import CORES, worker_threads

INK = reimagine.model("cartoon", "ink")


@pytest.fixture(scope="module")
def pool():
    """Two workers for all tests that leave them alive."""
    with open_processes(2) as engine:
        yield engine


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_results_are_in_order_and_progress_is_complete(pool):
    done: list[float] = []
    results = list(pool(engine_functions.square, [5, 0, 9, 1, 3], done.append))
    assert results == [25, 0, 81, 1, 9]
    assert sum(done) == 18


def test_workers_stay_for_the_next_step_and_load_a_model_once(pool):
    processes = set(pool(engine_functions.process_number, range(6), lambda count: None))
    counts = list(pool(engine_functions.loads, range(6), lambda count: None))
    assert len(processes) <= 2 and {process for process, _ in counts} <= processes
    assert {count for _, count in counts} == {1}


def test_workers_share_the_cores(pool):
    threads = set(pool(engine_functions.thread_counts, range(2), lambda count: None))
    assert threads == {(worker_threads(CORES, 2), 1)}


@pytest.mark.parametrize(
    ("cores", "workers", "threads"), [(2, 1, 1), (2, 2, 1), (16, 2, 4), (16, 4, 2), (16, 40, 1), (1, 1, 1)]
)
def test_threads_of_all_workers_are_half_of_the_cores_at_most(cores, workers, threads):
    assert worker_threads(cores, workers) == threads


def test_a_part_whose_worker_died_is_done_again(pool, tmp_path):
    done: list[float] = []
    results = list(pool(partial(engine_functions.die_once, tmp_path), [1, 2, 3, 4], done.append))
    assert results == [1, 4, 9, 16] and (tmp_path / "died").exists()
    assert sum(done) == 10


def test_a_part_that_ends_every_worker_is_one_line(pool):
    with pytest.raises(StageError, match="3 workers ended without an error"):
        list(pool(engine_functions.die, [0, 1], lambda count: None))
    assert list(pool(engine_functions.square, [3], lambda count: None)) == [9]


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (engine_functions.refuse, StageError, r"^number 2 is refused; give another one$"),
        (engine_functions.fill_disk, OSError, "No space left on device: 'part-"),
        (engine_functions.fail, ZeroDivisionError, r"^number \d$"),
    ],
)
def test_errors_of_parts_arrive_as_they_are(pool, function, error, text):
    with pytest.raises(error, match=text):
        list(pool(function, [0, 1, 2], lambda count: None))
    assert list(pool(engine_functions.square, [2, 3], lambda count: None)) == [4, 9]


def test_workers_end_with_the_engine():
    with open_processes(1) as engine:
        (process,) = engine(engine_functions.process_number, [0], lambda count: None)
        assert is_alive(process)
    assert not is_alive(process)


def test_workers_end_when_the_program_is_killed(tmp_path):
    script = (
        "import sys, time; import engine_functions\n"
        "from reimagine.engines.processes import open_processes\n"
        "with open_processes(1) as engine:\n"
        "    print(*engine(engine_functions.process_number, [0], lambda count: None), flush=True)\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as program:
        assert program.stdout
        process = int(program.stdout.readline())
        assert is_alive(process)
        program.kill()
    wait_until(lambda: not is_alive(process))


def test_an_interruption_leaves_finished_parts(tmp_path):
    film = make_film(tmp_path / "film.mp4", 160, size=(192, 144), cuts=(40, 80, 120))
    words = [
        "cartoon",
        film,
        "--model",
        "ink",
        "--engine",
        "processes",
        "--workers",
        2,
        "-q",
        "--into",
        tmp_path / "run",
    ]
    command = [sys.executable, "-m", "reimagine", *map(str, words)]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        wait_until(lambda: list((tmp_path / "run").glob("*/parts/[0-9]*.json")) or program.poll() is not None)
    finally:
        os.killpg(program.pid, signal.SIGINT)  # as a terminal does for Ctrl-C
        _, error = program.communicate()
    assert program.returncode == 130 and error.count("\n") == 1 and "run the same command again" in error
    finished = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").glob("*/parts/[0-9]*.json")}
    assert 0 < len(finished) < 4 and not list((tmp_path / "run").glob("*/step.json"))
    code, out, _ = run_cli("cartoon", film, "--model", "ink", "-q", "--into", tmp_path / "run")
    whole = reimagine.run(film, [INK()], tmp_path / "whole")
    pairs = zip(frames_of(whole.film), frames_of(Path(out.strip())), strict=True)
    assert code == 0 and all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--engine", "procesess"], "did you mean 'processes'"),
        (["--workers", "2"], "give --engine processes"),
        (["--engine", "processes", "--ray-address", "auto"], "needs --engine ray"),
        (["--engine", "processes", "--workers", "0"], "--workers 0 is out of range"),
    ],
)
def test_options_that_cannot_work_are_one_line(words, text, film, tmp_path):
    code, _, error = run_cli("cartoon", film, "--model", "ink", *words, "-q", "--into", tmp_path / "run")
    assert code == 1 and text in error and error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_stage_refuses_in_one_line(film, tmp_path, tiny_colour):
    """Weights that cannot be loaded are an error of a worker."""
    copy = tmp_path / "mine.safetensors"
    copy.write_bytes(tiny_colour.read_bytes())
    steps = [reimagine.model("cartoon")(weights=str(copy))]
    with pytest.raises(reimagine.ReimagineError, match=r"mine\.safetensors: not weights of") as caught:
        reimagine.run(film, steps, tmp_path / "run", engine="processes")
    assert "\n" not in str(caught.value)
