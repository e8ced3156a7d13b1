"""The engine `ray`: the behaviour of `processes`, on a cluster of one machine that the test starts."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import engine_functions
import numpy as np
import pytest
from helpers import one_torch_thread, run_cli
from test_same_frames import build, process

from reimagine.engines import local
from reimagine.errors import RecipeError, RunError, StageError
from reimagine.execution import parts

ray = pytest.importorskip("ray", reason="Ray is not installed (pip install 'reimagine[ray]')")
TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def cluster():
    """Ray with a small object store, and one CPU more than the two actors of `pool` need."""
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    ray.init(
        "local",
        num_cpus=3,
        object_store_memory=100 << 20,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def pool(cluster, tmp_path_factory):
    """An engine of two actors for all tests that leave them alive."""
    from reimagine.engines.ray import open_ray

    with open_ray(2, None, "cpu", [tmp_path_factory.mktemp("run")]) as engine:
        yield engine


def test_results_are_in_order_and_progress_is_complete(pool):
    done: list[float] = []
    assert list(pool(engine_functions.square, [5, 0, 9, 1, 3], done.append)) == [25, 0, 81, 1, 9]
    assert sum(done) == 18


def test_actors_stay_for_the_next_step_and_load_a_model_once(pool):
    processes = set(pool(engine_functions.process_number, range(6), lambda count: None))
    counts = list(pool(engine_functions.loads, range(6), lambda count: None))
    assert len(processes) <= 2 and {process for process, _ in counts} <= processes
    assert {count for _, count in counts} == {1}


def test_a_part_whose_actor_died_is_done_again(pool, tmp_path):
    done: list[float] = []
    results = list(pool(partial(engine_functions.die_once, tmp_path), [1, 2, 3, 4], done.append))
    assert results == [1, 4, 9, 16] and (tmp_path / "died").exists() and sum(done) == 10


def test_a_part_that_ends_every_actor_is_one_line(pool):
    with pytest.raises(StageError, match="3 workers ended without an error"):
        list(pool(engine_functions.die, [0, 1], lambda count: None))


def test_errors_of_parts_arrive_as_they_are(pool):
    with pytest.raises(StageError, match=r"^number 2 is refused; give another one$"):
        list(pool(engine_functions.refuse, [0, 1, 2], lambda count: None))
    with pytest.raises(OSError, match="No space left on device: 'part-"):
        list(pool(engine_functions.fill_disk, [0], lambda count: None))


@pytest.mark.parametrize(("stage", "name"), [("cartoon", "ink"), ("colorize", "unet"), ("restore", "unet-gan")])
def test_ray_gives_the_frames_and_counts_of_one_process(stage, name, film, tmp_path, tiny_weights, pool, monkeypatch):
    monkeypatch.setattr(parts, "MAX_FRAMES", 13)
    model = build(stage, name, tiny_weights)
    with one_torch_thread():
        step, frames = process(film, tmp_path / "local", stage, model, local)
    other, others = process(film, tmp_path / "ray", stage, model, pool)
    assert all(np.array_equal(a, b) for a, b in zip(frames, others, strict=True))
    assert (other.key, other.counts) == (step.key, step.counts)


def test_a_machine_that_does_not_see_the_film_is_one_line(cluster, tmp_path):
    from reimagine.engines.ray import open_ray

    with (
        pytest.raises(RunError, match=r"does not see .*absent\.mp4; put run folder, film"),
        open_ray(1, None, "cpu", [tmp_path, tmp_path / "absent.mp4"]),
    ):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("workers", "device", "text"),
    [(4, "cpu", "has 3 CPUs"), (1, "cuda", "has 0 GPUs"), (1, "cuda:1", "Ray chooses the GPU")],
)
def test_a_cluster_that_is_too_small_is_one_line(cluster, tmp_path, workers, device, text):
    from reimagine.engines.ray import open_ray

    with pytest.raises(RecipeError, match=text), open_ray(workers, None, device, [tmp_path]):
        pass


def test_the_command_runs_on_ray(cluster, film, tmp_path):
    words = ["cartoon", film, "--model", "ink", "--engine", "ray", "--workers", 1]
    code, out, _ = run_cli(*words, "-q", "--into", tmp_path / "run")
    assert code == 0 and Path(out.strip()).exists()
