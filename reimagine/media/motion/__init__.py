"""Motion between frames: optical flow, warping, flow confidence, keyframe propagation, frame interpolation."""

from reimagine.media.motion.confidence import FlowWithConfidence, bidirectional_flow, flow_confidence
from reimagine.media.motion.flow import optical_flow, reduced_flow, resize_to_short_side, working_size
from reimagine.media.motion.intermediate_flow import IntermediateFlow, IntermediateMotion
from reimagine.media.motion.interpolation import FrameExtrapolator, FrameInterpolator
from reimagine.media.motion.propagation import (
    KEYFRAME_INTERVAL,
    LOOK_AHEAD,
    ComputeValues,
    KeyframePropagator,
    WeightedValues,
    fill_low_confidence,
    local_luma,
    propagation_luma,
    propagation_size,
)
from reimagine.media.motion.tracking import TrackedPoints, track_points
from reimagine.media.motion.warp import (
    forward_backward_error,
    out_of_bounds,
    resize_flow,
    squared_magnitude,
    warp_backward,
)

__all__ = [
    "KEYFRAME_INTERVAL",
    "LOOK_AHEAD",
    "ComputeValues",
    "FlowWithConfidence",
    "FrameExtrapolator",
    "FrameInterpolator",
    "IntermediateFlow",
    "IntermediateMotion",
    "KeyframePropagator",
    "TrackedPoints",
    "WeightedValues",
    "bidirectional_flow",
    "fill_low_confidence",
    "flow_confidence",
    "forward_backward_error",
    "local_luma",
    "optical_flow",
    "out_of_bounds",
    "propagation_luma",
    "propagation_size",
    "reduced_flow",
    "resize_flow",
    "resize_to_short_side",
    "squared_magnitude",
    "track_points",
    "warp_backward",
    "working_size",
]
