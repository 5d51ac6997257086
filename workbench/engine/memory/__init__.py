"""Peak memory before the run: a preview at once, a verdict by simulation, and what to change."""

from workbench.engine.memory.cards import Card, detect, find_card
from workbench.engine.memory.estimate import Estimate, Prediction, Verdict, judge
from workbench.engine.memory.predictor import Predictor
from workbench.engine.memory.preview import preview

__all__ = ["Card", "Estimate", "Prediction", "Predictor", "Verdict", "detect", "find_card", "judge", "preview"]
