"""A film as a memory: how one finds in it a moment like another, and walks on from there."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from reimagine.media.motion.flow import forward_backward_error, optical_flow, warp_backward
from reimagine.stages.continuation.training_frames import TrainingFrames, grey

SIDE, LONG, STEP = 128, 320, 16
"""Of the pictures the network works on: the short side, the long one at most, and what both divide by."""
GIST = 24
"""Two moments are alike if they are so at this size, in what is seen and (this often) in how it moves."""
MOVES = 2.0
APART = 8
"""Moments nearer than this are the same moment."""
STRETCH = 12, 40
"""Steps for which the same walk through the film is followed, at least and at most."""


def worked(width: int, height: int) -> tuple[int, int]:
    """The (w, h) at which the network works on a film."""
    scale = min(SIDE / min(width, height), LONG / max(width, height))
    w, h = (max(STEP, round(side * scale / STEP) * STEP) for side in (width, height))
    return w, h


def gist(picture: np.ndarray) -> np.ndarray:
    """What one sees with eyes half shut: (3 GIST^2,) float32."""
    return cv2.resize(picture, (GIST, GIST), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()


def detail(picture: np.ndarray) -> float:
    """How steep a picture (h, w, 3) uint8 is on the whole."""
    return float(np.abs(np.diff(grey(picture).astype(np.int16), axis=1)).mean())


class Memory:
    """Moments of a film, with what one needs to find one and to go on from it.

    Attributes:
        gists: of each moment, (n, 3 GIST^2).
        moves: how each gist changes to the next moment's.
    """

    def __init__(self, moments: TrainingFrames) -> None:
        self.moments, self.frames = moments, moments.frames
        self.gists = np.stack([gist(f) for f in self.frames])
        after = np.minimum(np.arange(len(moments)) + 1, moments.stops - 1)
        self.moves = self.gists[after] - self.gists
        self._flows: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.frames)

    def flow(self, place: int) -> np.ndarray:
        """From the moment after this one back to it, (h, w, 2) float32."""
        if place not in self._flows:
            here, after = (grey(self.frames[n]) for n in (place, place + 1))
            self._flows[place] = optical_flow(after, here).astype(np.float16)
        return self._flows[place].astype(np.float32)

    def usual(self) -> float:
        """How far the nearest other moment is, as a rule."""
        few = np.linspace(0, len(self) - 1, min(len(self), 100)).astype(int)
        far = []
        for n in few:
            others = np.abs(np.arange(len(self)) - n) >= APART
            far.append(np.abs(self.gists[others] - self.gists[n]).mean(1).min())
        return float(np.median(far))

    def unlike(self, gists: np.ndarray, moves: np.ndarray) -> np.ndarray:
        """How far each moment is from one that looks and moves like this, (n,)."""
        return np.abs(self.gists - gists).mean(1) + MOVES * np.abs(self.moves - moves).mean(1)


def mirrored(moments: TrainingFrames) -> TrainingFrames:
    return replace(moments, frames=np.ascontiguousarray(moments.frames[:, :, ::-1]))


def guess(last: np.ndarray, memory: Memory, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A dreamt picture (h, w, 3) uint8 beside the moment of the film it is like: (motion, place, trust), the
    first guesses that `net.NetInput` explains, (h, w, 2), (h, w, 2), (h, w) float32."""
    here, there = grey(last), grey(memory.frames[place])
    way, back = optical_flow(here, there), optical_flow(there, here)
    motion = warp_backward(memory.flow(place), way)
    trust = np.exp(-forward_backward_error(way, back))
    return motion, warp_backward(way, motion), warp_backward(trust, motion)


AGREES = 0.3
"""How often, in training, the moment that is recalled is the true one."""


class Walk:
    """A walk through what a film has shown: it goes on from a moment like the one there is now, and every so
    often, or at the end of a shot, it looks for another, rather not where it has just been.

    Args:
        room: of every moment, the steps that can be taken on from it; 0 where none may begin.
        stretch: how long a walk is followed, at least and at most.
        few: of how many that are most alike one is drawn.
    """

    def __init__(
        self,
        memory: Memory,
        room: np.ndarray,
        rng: np.random.Generator,
        stretch: tuple[int, int] = STRETCH,
        few: int = 4,
    ) -> None:
        self.memory, self.room, self.rng, self.stretch, self.few = memory, room, rng, stretch, few
        self.place = self.left = -1
        self.worn = np.zeros(len(memory), np.float32)

    def look(self, gists: np.ndarray, moves: np.ndarray, but: int = -(10**6)) -> None:
        """Recall a moment like this one, but none near `but`."""
        far = self.memory.unlike(gists, moves) * (1 + self.worn)
        numbers = np.arange(len(self.memory))
        near = np.abs(numbers - but) < APART
        near |= np.abs(numbers - self.place) < APART // 2
        least = min(self.stretch[0], int(self.room.max()) // 2)
        open_ = (self.room >= max(1, least)) & ~near
        open_ = open_ if open_.any() else self.room > 0
        alike = np.argsort(np.where(open_, far, np.inf))[: min(self.few, int(open_.sum()))]
        self.place = int(self.rng.choice(alike))
        self.left = min(int(self.room[self.place]), int(self.rng.integers(*self.stretch, endpoint=True)))
        self.worn *= 0.7
        self.worn[max(0, self.place - APART) : self.place + self.left] += 0.5

    def go_on(self) -> bool:
        """To the next moment; False when it is time to look again."""
        self.place, self.left = self.place + 1, self.left - 1
        return self.left > 0


def damaged(pictures: list[np.ndarray], other: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """What a dream can come to, done to true pictures (h, w, 3) float32 alike, somewhere in them: blurred,
    smeared, mixed with another moment, too light, grainy."""
    h, w = other.shape[:2]
    cover = cv2.resize(rng.random((4, 6), np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    cover = np.clip((cover - rng.uniform(0.3, 0.7)) * 6, 0, 1)[..., None]
    smear = cv2.resize(
        rng.normal(0, rng.uniform(1, 6), (5, 7, 2)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC
    )
    softness, kind, share = rng.uniform(0.5, 2.5), rng.integers(5), rng.uniform(0.3, 1)
    light = rng.uniform(0.9, 1.1, 3).astype(np.float32)
    grain = rng.normal(0, rng.uniform(0.005, 0.04), other.shape).astype(np.float32)
    made = []
    for picture in pictures:
        hurt = (
            cv2.GaussianBlur(picture, (0, 0), softness)
            if kind == 0
            else warp_backward(picture, smear)
            if kind == 1
            else picture + share * (other - picture)
            if kind == 2
            else picture * light
            if kind == 3
            else picture + grain
        )
        made.append(np.clip(picture + cover * (hurt - picture), 0, 1).astype(np.float32))
    return made


class Thread:
    """One dream on its way: its last two pictures (h, w, 3) float32, the true moment it should show, and the
    walk through the memory beside it.

    Args:
        room: of every moment, how long a dream may be that begins there.
        known: the same of walks through the memory.
    """

    def __init__(self, memory: Memory, room: np.ndarray, known: np.ndarray, rng: np.random.Generator) -> None:
        self.memory, self.room, self.rng = memory, room, rng
        self.walk = Walk(memory, known, rng, (2, 30), 6)
        self.time = self.left = 0
        self.last = self.before = np.zeros((0, 0, 3), np.float32)

    def start(self, steps: int, hurt: float) -> None:
        """At a true moment from which so many steps can be taken."""
        times = np.flatnonzero((self.room >= steps) & (np.roll(self.room, 1) == self.room + 1))
        self.time = int(self.rng.choice(times))
        self.left = int(self.room[self.time])
        self.before, self.last = (self.true(self.time + k) for k in (-1, 0))
        if self.rng.random() < hurt:
            other = self.true(int(self.rng.choice(times)))
            self.before, self.last = damaged([self.before, self.last], other, self.rng)
        self.look()

    def true(self, time: int) -> np.ndarray:
        return self.memory.frames[time].astype(np.float32) / 255

    def look(self) -> None:
        """Recall another moment than the true one; or the very same, so that what agrees is believed."""
        now = self.memory.gists[self.time]
        self.walk.look(now, now - self.memory.gists[self.time - 1], self.time)
        if self.rng.random() < AGREES and (room := self.walk.room[self.time]):
            self.walk.place, self.walk.left = self.time, min(self.walk.left, int(room))

    def step(self) -> None:
        """What is there now is the moment before."""
        self.time, self.left = self.time + 1, self.left - 1
        if not self.walk.go_on():
            self.look()
