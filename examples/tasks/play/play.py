"""Learns to catch balls by playing: deep Q-learning with a replay memory and a target network (Mnih et al. 2015).

METRIC is the mean score of a game of ten balls: those caught less those missed. Leaves the player, `player.onnx`, and
the moments of two balls as it plays them, `game.npz`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from play.catch import ACTIONS, SIZE, Catch

import netc

FILE = Path(__file__).with_name("play.net")
METRIC = "score"
GAMES, MEMORY, BALLS, STEPS = 16, 20_000, 10, 6000
Policy = Callable[[np.ndarray], np.ndarray]


class Memory:
    """The last moments of all games; a batch is drawn from them at random, so that its rows have little in common."""

    def __init__(self, size: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.fields = {
            "board": np.zeros((size, 3, SIZE, SIZE), np.float32),
            "action": np.zeros(size, np.int64),
            "reward": np.zeros(size, np.float32),
            "after": np.zeros((size, 3, SIZE, SIZE), np.float32),
            "going": np.zeros(size, np.float32),
        }
        self.size, self.added = size, 0

    def add(self, **moments: np.ndarray) -> None:
        """One moment of each game."""
        count = len(moments["reward"])
        places = (self.added + np.arange(count)) % self.size
        for name, values in moments.items():
            self.fields[name][places] = values
        self.added += count

    def batch(self, rows: int) -> dict[str, np.ndarray]:
        """So many moments."""
        chosen = self.random.integers(0, min(self.added, self.size), rows)
        return {name: values[chosen] for name, values in self.fields.items()}


def greedy(model: netc.Model) -> Policy:
    """Takes the action that is worth most."""
    return lambda boards: model({"board": boards}).argmax(axis=1)


def at_random(seed: int) -> Policy:
    """Takes any action."""
    random = np.random.default_rng(seed)
    return lambda boards: random.integers(0, len(ACTIONS), len(boards))


def score(policy: Policy, games: int = 100, seed: int = 1) -> float:
    """The mean score of a game: ten balls, each counts 1 or -1."""
    play, total = Catch(games, seed), 0.0
    for _ in range(BALLS * (SIZE - 1)):
        rewards, over = play.step(policy(play.boards()))
        play.start(over)
        total += float(rewards.sum())
    return total / games


def learn(model: netc.Model, steps: int, seed: int = 0) -> None:
    """Play and update by turns; of the actions a share is random, from all of them at first down to a twentieth."""
    trainer, memory = netc.Trainer(model), Memory(MEMORY, seed)
    play, random, best = Catch(GAMES, seed), at_random(seed), greedy(model)
    choose = np.random.default_rng(seed)
    for step in range(1, steps + 1):
        boards = play.boards()
        explores = choose.random(GAMES) < max(0.05, 1 - 2 * step / steps)
        actions = np.where(explores, random(boards), best(boards))
        rewards, over = play.step(actions)
        memory.add(board=boards, action=actions, reward=rewards, after=play.boards(), going=1.0 - over)
        play.start(over)
        trainer.step(memory.batch(trainer.plan.batch))


def frames(policy: Policy, balls: int = 2, seed: int = 3) -> np.ndarray:
    """All boards of a game of few balls, `[steps, 3, 10, 10]`."""
    play, seen = Catch(1, seed), []
    for _ in range(balls * (SIZE - 1)):
        seen.append(play.boards())
        _, over = play.step(policy(seen[-1]))
        if over.any():
            seen.append(play.boards())
        play.start(over)
    return np.concatenate(seen)


def train(out: Path, count: int | None, epochs: int | None) -> tuple[float, float]:
    """Learn for so many steps, draw the game; returns METRIC before and after."""
    model = netc.Model(netc.load(FILE), device="cpu", seed=0)
    before = score(greedy(model))
    learn(model, (count or STEPS) * (epochs or 1))
    print(f"score at random: {score(at_random(2)):.2f}")
    weights, player, game = (out / name for name in ("player.safetensors", "player.onnx", "game.npz"))
    model.save(weights)
    boards = frames(greedy(model))
    unread = {name: np.zeros(len(boards), np.int64) for name in ("action", "reward", "going")}
    np.savez_compressed(game, board=boards, after=boards, **unread)  # the loss alone reads what isn't the board
    _netc("compile", str(FILE), "--weights", str(weights), "-o", str(player))
    _netc(
        "predict",
        str(player),
        str(game),
        "--draw",
        str(out / "play.png"),
        "--as",
        "values",
        "--names",
        ",".join(ACTIONS),
    )
    return before, score(greedy(model))


def _netc(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "netc", *arguments], check=True, stdout=subprocess.DEVNULL)
