"""Peak memory before the run: a preview at once, a verdict by simulation, and what to change."""

from workbench.engine.memory.cards import Card, detect, find_card
from workbench.engine.memory.estimate import Estimate, Verdict, judge

__all__ = ["Card", "Estimate", "Verdict", "detect", "find_card", "judge"]
