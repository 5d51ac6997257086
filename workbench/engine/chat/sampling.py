"""How answers are generated, under the names of transformers.GenerationConfig."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from workbench.errors import InputError, Problem, ProblemsError, nearest
from workbench.profile import read_value


@dataclass(frozen=True)
class Sampling:
    """Settings of an answer; the defaults are those of the evaluations: greedy.

    Args:
        temperature: 0 takes the likeliest token each time; above it tokens are drawn.
        top_p: Draw only from the likeliest tokens that have this much probability together; 1 for all.
        max_new_tokens: Longest answer.
        seed: Set before each answer; without effect while the temperature is 0.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    max_new_tokens: int = 256
    seed: int = 42

    @property
    def greedy(self) -> bool:
        """Whether nothing is drawn."""
        return self.temperature == 0

    def to_json(self) -> dict[str, Any]:
        """All settings by name."""
        return asdict(self)

    def text(self) -> str:
        """As ``changed`` reads it.

        >>> Sampling().text()
        'temperature=0.0 top_p=1.0 max_new_tokens=256 seed=42'
        """
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())

    def about(self) -> str:
        """For people.

        >>> Sampling().about(), Sampling(temperature=0.7).about()
        ('greedy (temperature 0) · up to 256 tokens', 'temperature 0.7 · top_p 1 · up to 256 tokens')
        """
        return f"{self.how} · up to {self.max_new_tokens} tokens"

    @property
    def how(self) -> str:
        """How the next token is chosen, for people."""
        return "greedy (temperature 0)" if self.greedy else f"temperature {self.temperature:g} · top_p {self.top_p:g}"


LIMITS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "temperature": ("a number from 0 to 100; 0 is greedy", lambda value: 0 <= value <= 100),
    "top_p": ("a number above 0 and at most 1", lambda value: 0 < value <= 1),
    "max_new_tokens": ("a whole number from 1 to 1000000", lambda value: 1 <= value <= 1_000_000),
    "seed": ("a whole number from 0 to 4294967295", lambda value: 0 <= value < 2**32),
}
"""What each setting must be, in words and as a test."""
WHOLE = {"max_new_tokens", "seed"}


def sampling(**values: Any) -> Sampling:
    """The settings, once all of them can be.

    Raises:
        ProblemsError: Some cannot; all of them are named.
    """
    problems = list(_problems(values))
    if problems:
        raise ProblemsError(problems)
    return Sampling(**values)


def changed(now: Sampling, text: str) -> Sampling:
    """The settings after ``name=value`` words; what is not named stays.

    Raises:
        ProblemsError: Unknown names or impossible values, all of them.
        InputError: A word does not look like that.

    >>> changed(Sampling(), "temperature=0.7 seed=7")
    Sampling(temperature=0.7, top_p=1.0, max_new_tokens=256, seed=7)
    """
    values: dict[str, Any] = {}
    for word in text.replace(",", " ").split():
        name, equals, value = word.partition("=")
        if not equals:
            raise InputError(f'"{word}": settings look like {now.text()}.')
        values[name] = read_value(value)
    return sampling(**{**asdict(now), **values})


def _problems(values: dict[str, Any]) -> Iterator[Problem]:
    for name, value in values.items():
        if name not in LIMITS:
            yield Problem(name, "there is no such setting.", nearest(name, LIMITS))
            continue
        words, holds = LIMITS[name]
        kinds = (int,) if name in WHOLE else (int, float)
        is_number = isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)
        if not (is_number and holds(value)):
            yield Problem(name, f"this must be {words} (it is {value!r}).")
