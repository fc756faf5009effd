"""All contenders of a row beside each other: each in its own process, rounds in turn."""

import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from benchmarks.player import Player
from benchmarks.results import Result, Times
from benchmarks.row import Row

__all__ = ["Settings", "contest"]

TOLERANCE = 1e-4
"""By how much losses may differ, relatively."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long to measure.

    Attributes
    ----------
    rounds
        Rounds of each contender.
    seconds
        How long one round should take.
    most
        After so many seconds a row stops, once it has five rounds.
    """

    rounds: int = 15
    seconds: float = 0.03
    most: float = 15.0


def contest(row: Row, threads: int, settings: Settings) -> Result:
    """Let all that are installed prepare themselves, compare their losses, then take turns."""
    result = Result(row=row.name, unit=row.unit, threads=threads)
    players = []
    try:
        for contender in row.contenders:
            if find_spec(contender.needs) is None:
                result.absent[contender.name] = f"{contender.needs} is not installed"
            else:
                players.append(Player.start(row, contender, threads))
        able = [player for player in players if ready(player, result)]
        result.refused = disagreement(result)
        if result.refused is None:
            play(able, result, settings)
    finally:
        for player in players:
            player.stop()
    return result


def ready(player: Player, result: Result) -> bool:
    """Wait until a contender is prepared, and note its loss; or why it cannot."""
    answer = player.hear()
    player.stand_still()
    if stands(player, answer, result):
        result.times[player.contender.name] = Times(player.contender.role, answer["loss"], answer["setup"])
    return "failed" not in answer


def disagreement(result: Result) -> str | None:
    """Say who has another loss than the first one that has any, if somebody has."""
    losses = {name: times.loss for name, times in result.times.items() if times.loss is not None}
    first = next(iter(losses), "")
    for name, loss in losses.items():
        if not abs(loss - losses[first]) <= TOLERANCE * abs(losses[first]):
            return f"{name} has the loss {loss:.7g}, {first} {losses[first]:.7g}"
    return None


def play(players: list[Player], result: Result, settings: Settings) -> None:
    """Take turns, in another order each round, so that nobody always comes after the same one."""
    left = [player for player in players if stands(player, player.ask(calibrate=settings.seconds), result)]
    end = time.perf_counter() + settings.most
    for turn in range(settings.rounds):
        if turn >= 5 and time.perf_counter() > end:
            return
        left = left[1:] + left[:1]
        for player in tuple(left):
            answer = player.ask()
            if stands(player, answer, result):
                times = result.times[player.contender.name]
                times.seconds.append(rounded(answer["seconds"]))
                times.processor.append(rounded(answer["processor"]))
            else:
                left.remove(player)


def rounded(seconds: float) -> float:
    """Keep four digits: no clock has more."""
    return float(f"{seconds:.4g}")


def stands(player: Player, answer: dict[str, Any], result: Result) -> bool:
    """Whether a contender is still there; what it has done so far does not count if it is not."""
    if "failed" not in answer:
        return True
    name = player.contender.name
    result.absent[name] = answer["failed"]
    result.times.pop(name, None)
    return False
