"""A game to learn: a ball falls through a room of 10x10, bounces off the walls, and a paddle may catch it."""

from __future__ import annotations

import numpy as np

SIZE, REACH = 10, 1
ACTIONS = ("left", "stay", "right")


class Catch:
    """Many games side by side, each one ball after another.

    A ball starts anywhere at the top and moves down one row a step, sideways by its drift. At the bottom it counts 1 if
    the paddle, three places wide, is there, else -1, and the next ball starts.
    """

    def __init__(self, games: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.row, self.column, self.drift, self.before = (np.zeros(games, int) for _ in range(4))
        self.paddle = self.random.integers(REACH, SIZE - REACH, games)
        self.start(np.ones(games, bool))

    def start(self, which: np.ndarray) -> None:
        """A new ball in the games that `which` marks."""
        count = int(which.sum())
        self.row[which] = 0
        self.column[which] = self.before[which] = self.random.integers(0, SIZE, count)
        self.drift[which] = self.random.integers(-2, 3, count)

    def boards(self) -> np.ndarray:
        """What is seen, `[games, 3, 10, 10]`: the ball in red, where it was a step ago in green, the paddle in blue."""
        games = np.arange(len(self.row))
        seen = np.zeros((len(games), 3, SIZE, SIZE), np.float32)
        seen[games, 0, self.row, self.column] = 1
        seen[games, 1, np.maximum(self.row - 1, 0), self.before] = 1
        for place in range(-REACH, REACH + 1):
            seen[games, 2, SIZE - 1, self.paddle + place] = 1
        return seen

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Move paddles and balls; the rewards `[games]`, and which balls are over. `start` gives those another one."""
        self.paddle = np.clip(self.paddle + actions - 1, REACH, SIZE - 1 - REACH)
        self.before = self.column.copy()
        beyond = self.column + self.drift
        bounced = np.where(beyond < 0, -beyond, np.where(beyond >= SIZE, 2 * (SIZE - 1) - beyond, beyond))
        self.drift = np.where(beyond == bounced, self.drift, -self.drift)
        self.column = bounced
        self.row = self.row + 1
        over = self.row == SIZE - 1
        caught = np.abs(self.column - self.paddle) <= REACH
        return np.where(over, np.where(caught, 1.0, -1.0), 0.0).astype(np.float32), over
