"""Inference by PyTorch compared with ONNX Runtime: `python benchmarks/runtimes.py`.

The shipped networks are exported and run alternately by both on the same input, in one thread. PyTorch runs in the
precision that the program selects for the processor. The second table gives the size of the installed packages that
the program needs, with either of them. Needs `pip install onnx onnxscript onnxruntime packaging`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from packaging.requirements import Requirement
from torch import nn

from reimagine import zoo
from reimagine.stages.cartoon.cartoongan.net import generator
from reimagine.stages.colorize.unet.net import ColorUNet
from reimagine.stages.restore.unet_gan.net import RestoreNet
from reimagine.zoo.device import bfloat16_is_fast, half_precision

ROUNDS = 6
"""Runs of each network; the first one is not counted."""
STARTS = 3
"""Starts of each package."""
NETWORKS: dict[str, tuple[Callable[..., nn.Module], tuple[int, ...]]] = {
    "colorize-lite0": (ColorUNet, (1, 1, 160, 224)),
    "restore-unet-gan": (RestoreNet, (1, 1, 480, 640)),
    "cartoon-hayao": (generator, (1, 3, 480, 640)),
}
"""Network and shape of the input, by the name of the weights."""
ONLY_TORCH = {"torch", "sympy", "networkx", "mpmath", "filelock", "fsspec"}
"""Packages that only PyTorch needs."""


@torch.inference_mode()
def print_speed(folder: Path) -> None:
    """Print a row per network: milliseconds of both, their ratio, and the difference of the outputs."""
    precision = "bfloat16" if bfloat16_is_fast("cpu") else "float32"
    print(f"| network | input | PyTorch {precision}, ms | ONNX Runtime float32, ms | ratio | PSNR, dB |")
    print("|---|---|---|---|---|---|")
    for name, (build, shape) in NETWORKS.items():
        net = zoo.load(name, build, "cpu")
        x = torch.rand(shape, generator=torch.Generator().manual_seed(0))
        path = folder / f"{name}.onnx"
        torch.onnx.export(net, (x,), path, verbose=False, dynamo=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        feeds = {session.get_inputs()[0].name: x.numpy()}
        net, x = net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
        functions = (partial(_run_torch, net, x), partial(_run_onnx, session, feeds))
        (a, b), outputs = _timed(functions)
        ratio = _psnr(*outputs)
        size = "x".join(map(str, shape[2:][::-1]))
        print(f"| {name} | {size} | {a * 1e3:.0f} | {b * 1e3:.0f} | {a / b:.2f} | {ratio:.1f} |", flush=True)


def _run_torch(net: nn.Module, x: torch.Tensor) -> np.ndarray:
    with half_precision("cpu"):
        output = net(x)
    return (output[0] if isinstance(output, tuple) else output).float().numpy()


def _run_onnx(session: onnxruntime.InferenceSession, feeds: dict[str, np.ndarray]) -> np.ndarray:
    return np.asarray(session.run(None, feeds)[0])


def _timed(functions: tuple[Callable[[], np.ndarray], ...]) -> tuple[list[float], list[np.ndarray]]:
    """Call functions alternately; return their median processor times in seconds and their outputs."""
    seconds: list[list[float]] = [[] for _ in functions]
    outputs = [function() for function in functions]
    for _ in range(ROUNDS - 1):
        for values, function in zip(seconds, functions, strict=True):
            started = time.process_time()
            function()
            values.append(time.process_time() - started)
    return [float(np.median(values)) for values in seconds], outputs


def _psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Return the PSNR of b, in units of the range of a."""
    return 10 * float(np.log10(np.ptp(a) ** 2 / np.square(a - b).mean()))


def print_sizes() -> None:
    """Print the installed size of the packages, and the processor time of their import."""
    sizes = {name: _installed_bytes(name) for name in _needed("reimagine")}
    torch_bytes = sum(size for name, size in sizes.items() if name in ONLY_TORCH)
    total = sum(sizes.values())
    other = total - torch_bytes + sum(_installed_bytes(name) for name in _needed("onnxruntime") if name not in sizes)
    print("\n| | PyTorch | ONNX Runtime | ratio |\n|---|---|---|---|")
    print(f"| all packages, MB | {total / 1e6:.0f} | {other / 1e6:.0f} | {other / total:.2f} |")
    a, b = (_import_seconds(module) for module in ("torch", "onnxruntime"))
    print(f"| import, seconds of processor time | {a:.2f} | {b:.2f} | {b / a:.2f} |")


def _needed(package: str, found: set[str] | None = None) -> Iterator[str]:
    """Yield a package and all packages that it needs, extras excluded."""
    found = set() if found is None else found
    name = re.sub(r"[-_.]+", "-", package).lower()
    if name in found:
        return
    found.add(name)
    yield name
    for line in metadata.requires(name) or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield from _needed(requirement.name, found)


def _installed_bytes(package: str) -> int:
    paths = [Path(str(file.locate())) for file in metadata.files(package) or []]
    return sum(path.stat().st_size for path in paths if path.exists())


def _import_seconds(module: str) -> float:
    script = f"import time, {module}; print(time.process_time())"
    command = [sys.executable, "-c", script]
    times = [float(subprocess.run(command, capture_output=True, check=True, text=True).stdout) for _ in range(STARTS)]
    return min(times)


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        print_speed(Path(folder))
    print_sizes()


if __name__ == "__main__":
    main()
