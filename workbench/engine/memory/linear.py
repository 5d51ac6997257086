"""A linear layer and the adapter beside it, in closed form: which inputs are kept, and what is copied on the way.

A trained layer keeps its input for its weight's gradient, a frozen one needs its weight alone. An adapter keeps the
input of its first matrix, and that is a copy of its own where a cast or a dropout came before.

Sources: PEFT, tuners/lora/{layer,bnb,dora}.py and tuners/vera/layer.py; bitsandbytes, autograd/_functions.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.engine.memory.config import Shape
from workbench.engine.memory.operations import Operation
from workbench.engine.memory.recipe import Recipe


def linears(
    recipe: Recipe, shape: Shape, tokens: int, names: Sequence[str], given: int, held: bool = False
) -> list[Operation]:
    """Linear layers that share an input.

    Args:
        recipe: How the step computes.
        shape: Of the decoder.
        tokens: Of the micro-batch.
        names: Of the layers, in order.
        given: Bytes of a number of the input.
        held: Whether the operation that made the input keeps it anyway.
    """
    sizes = shape.linears()
    group = [Linear(recipe, tokens, name, *sizes[name], given) for name in names]
    needed = held or any(one.needs_input for one in group)
    found = [one.operation(needed) for one in group]
    if not held and needed:
        first = next((number for number, one in enumerate(found) if one.trained), 0)
        found[first] = replace(found[first], kept=found[first].kept + given * tokens * group[0].into)
    return found


@dataclass(frozen=True)
class Linear:
    """One linear layer with its adapter, if it has one; ``given`` are the bytes of a number of its input."""

    recipe: Recipe
    tokens: int
    name: str
    into: int
    out: int
    given: int

    @property
    def adapted(self) -> bool:
        """Whether an adapter stands beside it."""
        return self.name in self.recipe.targets

    @property
    def needs_input(self) -> bool:
        """Whether it keeps the very tensor that it is given; INT8's autograd function always does."""
        reads = self.adapted and self.recipe.method != "vera" and not self._copies_input
        return self.recipe.full or self.recipe.quant == "int8" or reads

    @property
    def _read(self) -> int:
        """Bytes of a number of the input as the adapter reads it.

        PEFT casts it to the adapter's dtype, but beside a quantized layer only where there is no autocast.
        """
        casts = self.recipe.quant == "none" or self.recipe.computed == 4
        return self.recipe.trained if casts else self.given

    @property
    def _copies_input(self) -> bool:
        """Whether the adapter's first product keeps a copy of the input. VeRA's is frozen and keeps none."""
        cast = not self.given == self._read == self.recipe.inside
        return self.adapted and self.recipe.method != "vera" and (self.recipe.dropout or cast)

    def operation(self, needed: bool) -> Operation:
        """What it accounts for; its input counts as passing unless it is ``needed`` by a backward pass."""
        recipe, tokens = self.recipe, self.tokens
        adapter = self._adapter() if self.adapted else Operation()
        weight = recipe.computed * self.into * self.out
        unpacked = {"none": 0, "nf4": weight, "int8": tokens * max(6 * self.into, self.into + 6 * self.out)}
        passing = 0 if needed else self.given * tokens * self.into
        result = recipe.result(self.name, self.given) * tokens * self.out
        gradients = max(adapter.backward, recipe.computed * tokens * self.into)
        return Operation(
            kept=adapter.kept,
            forward=passing + result + max(unpacked[recipe.quant], adapter.forward),
            backward=result + gradients + (weight if recipe.full or recipe.quant != "none" else 0),
            trained=recipe.full or self.adapted,
        )

    def _adapter(self) -> Operation:
        recipe, tokens = self.recipe, self.tokens
        raised = 4 * tokens * self.into * (2 if recipe.dropout else 1) if self._read > self.given else 0
        lowered = recipe.inside * recipe.rank * (self.into + self.out) if recipe.lowers_adapter else 0
        mask = tokens * self.into if recipe.dropout else 0
        inner = recipe.inside * tokens * recipe.rank
        always = mask + inner + lowered + (recipe.inside * tokens * self.into if self._copies_input else 0)
        results = recipe.inside * tokens * self.out
        if recipe.method == "dora":
            return self._dora(always, raised)
        if recipe.method == "vera":  # its second vector's gradient needs what it scales, in fp32 beside plain weights
            scaled = 3 * tokens * self.out * recipe.trained
            return Operation(always + results, raised + scaled, raised + scaled)
        return Operation(always, raised + 2 * results, max(raised, results))

    def _dora(self, always: float, raised: float) -> Operation:
        """The magnitudes' gradient needs both results. The weight's norm takes the whole matrix four times.

        Those are of the dtype in which the adapter reads its input. What the adapter adds to the weight is found by
        sending an identity matrix through it.
        """
        recipe, numbers = self.recipe, self.tokens * self.out
        matrix = self._read * self.into * self.out
        base = recipe.computed if recipe.dropout else self.given
        copied = recipe.computed * self.into * self.out if recipe.dropout and recipe.copies_weight else 0
        identity = recipe.inside * self.into**2
        own = 1 if recipe.copies_weight else 0  # the weight itself in that dtype
        norm = identity + (3 + own) * matrix - recipe.inside * (numbers + self.tokens * self.into)
        sums = identity + (1 + own) * matrix + 12 * numbers
        grown = 4 * numbers if self.given < 4 else 0  # the gradient of a result that was lowered
        kept = always + (base + recipe.inside) * numbers + copied
        return Operation(kept, raised + max(norm, sums), 12 * numbers + grown)
