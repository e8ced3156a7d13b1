"""What a film meets: a network that has seen much flicker takes it out, frame after frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame

# What the network has changed, blurred over BLUR pixels, leaks away by ANCHOR a frame: it answers
# its own last answer, so without a leak a small error of colour grows over a shot.
ANCHOR, BLUR = 0.1, 9


@dataclass(frozen=True)
class StabilizeConvLSTM:
    """Blind temporal consistency with a convolutional memory (Lai et al. 2018)."""

    planes: Annotated[str, "What may change: chroma, all, or auto (chroma if luma is the film's)"] = "auto"
    side: Annotated[int, "Short side, in pixels, at which the network works"] = 180
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "stabilize-convlstm"
    version: ClassVar[int] = 2
    context: ClassVar[int] = 24
    guided: ClassVar[bool] = True

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; holds one frame and the network's state."""
        import cv2
        import numpy as np
        import torch

        from reimagine import zoo
        from reimagine.media.colour import rgb_to_planes
        from reimagine.media.motion.flow import optical_flow, warp_backward
        from reimagine.media.motion.propagation import is_consecutive
        from reimagine.stages.stabilize.residual import changed, chroma_only
        from reimagine.zoo.device import bfloat16_is_fast

        from .net import ConsistencyNet

        net: ConsistencyNet = zoo.load(self.weights, ConsistencyNet, device)
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        half = bfloat16_is_fast(device)

        def small(frame: Frame) -> np.ndarray:
            scale = min(1.0, self.side / min(frame.width, frame.height))
            size = [max(16, round(side * scale / 4) * 4) for side in (frame.width, frame.height)]
            return cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255

        def tensor(image: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(image).permute(2, 0, 1)[None].to(device)

        @torch.inference_mode()
        def step(processed, result, source, before, state):
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
                more, state = net(*map(tensor, (processed, result, source, before)), state)
            return more[0].permute(1, 2, 0).float().cpu().numpy(), state

        def stabilize(frames: Iterable[Frame]) -> Iterator[Frame]:
            last = state = None
            result = before = before_grey = np.empty(0)
            for frame in frames:
                processed, source = small(frame), small(frame.source or frame)
                grey = cv2.cvtColor((source * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
                if last is None or not is_consecutive(frame, last):
                    state, made, more = None, processed, np.zeros_like(processed)
                else:
                    if net.aligned:
                        back = optical_flow(grey, before_grey)
                        result, before = warp_backward(result, back), warp_backward(before, back)
                    more, state = step(processed, result, source, before, state)
                    more -= ANCHOR * cv2.blur(more, (BLUR, BLUR))
                    made = np.clip(processed + more, 0, 1)
                last, result, before, before_grey = frame, made, source, grey
                change = rgb_to_planes(made - processed, frame.matrix, frame.full)
                yield changed(frame, change[..., 1:] if chroma_only(frame, self.planes) else change)

        return stabilize
