"""What one decoder layer keeps for its backward pass and takes for a moment, operation by operation, in closed form.

Autograd keeps what the derivative of an operation needs, and nothing else: the input of a layer that is trained, not
that of a frozen one; both factors of a product; the input of a norm in fp32. An input that several operations need is
kept once, but a cast or a dropout before an adapter makes a copy for that adapter alone.

Sources: the layers of transformers (models/llama, models/qwen3), PEFT (tuners/lora, tuners/vera) and bitsandbytes
(autograd/_functions.py); all of it is checked against the simulation, which runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from workbench.engine.memory.config import Shape
from workbench.engine.memory.recipe import Recipe
from workbench.engine.memory.workload import Workload


@dataclass(frozen=True)
class Operation:
    """Bytes of a micro-batch that one operation of a layer accounts for.

    Args:
        kept: What stays until the operation's backward pass is over.
        forward: What it takes beside that while it runs.
        backward: What its backward pass takes beside that.
    """

    kept: float = 0.0
    forward: float = 0.0
    backward: float = 0.0


def kept(operations: Iterable[Operation]) -> float:
    """Bytes that operations keep."""
    return sum(one.kept for one in operations)


def forward_peak(operations: Sequence[Operation]) -> float:
    """Most bytes while operations run one after another, with what those before have kept."""
    return max(before + one.forward for before, one in zip(_so_far(operations), operations, strict=True))


def backward_peak(operations: Sequence[Operation]) -> float:
    """Most bytes while their backward passes run, the last operation's first."""
    return max(before + one.backward for before, one in zip(_so_far(operations), operations, strict=True))


def _so_far(operations: Sequence[Operation]) -> Iterable[float]:
    return accumulate(one.kept for one in operations)


@dataclass(frozen=True)
class Layer:
    """One decoder layer in training."""

    recipe: Recipe
    shape: Shape
    workload: Workload

    @property
    def tokens(self) -> int:
        """Of the micro-batch, padding included."""
        return self.workload.micro_batch * self.workload.sequence_tokens

    @property
    def stream_bytes(self) -> int:
        """Of the hidden states between two layers."""
        return self.tokens * self.shape.hidden * self.recipe.stream

    def operations(self) -> list[Operation]:
        """In the order in which they run. The residual is added to each where no norm keeps it."""
        recipe = self.recipe
        products = max(recipe.result("gate_proj", recipe.stream), recipe.result("up_proj", recipe.stream))
        gate, activation, up, product = self._feed_forward(products)
        found = [
            self.norm(),
            *self._linears(("q_proj", "k_proj", "v_proj"), recipe.stream),
            *self._head_norms(),
            self._attention(),
            *self._linears(("o_proj",), recipe.computed, held=not recipe.eager),
            self.norm(),
            gate,
            activation,
            up,
            product,
            *self._linears(("down_proj",), products),
        ]
        residual = 0 if recipe.fused or recipe.stream == 4 else self.stream_bytes
        return [Operation(one.kept, one.forward + residual, one.backward + self.stream_bytes) for one in found]

    def norm(self) -> Operation:
        """An RMS norm of the hidden states: its input, in fp32 but for Liger's, and one figure a token."""
        hidden = self.tokens * self.shape.hidden
        if self.recipe.fused:
            return Operation(self.stream_bytes + 4 * self.tokens, self.stream_bytes, self.stream_bytes)
        normed = self.stream_bytes if self.recipe.full else 0  # what its weight's gradient needs
        return Operation(4 * hidden + 4 * self.tokens + normed, 8 * hidden, 5 * 4 * hidden)

    def _head_norms(self) -> list[Operation]:
        """Norms of each head's queries and keys, where the family has them."""
        if not self.recipe.head_norms:
            return []
        heads = self.shape.heads + self.shape.key_value_heads
        numbers = self.tokens * heads * self.shape.head_size
        given = self.recipe.result("q_proj", self.recipe.stream)
        input_bytes = given if self.recipe.fused else 4 + (given if self.recipe.full else 0)
        return [Operation(input_bytes * numbers + 4 * self.tokens * heads)]

    def _attention(self) -> Operation:
        """Queries, keys, values, output and log-sum-exp; the scores only where attention is not fused."""
        shape, computed = self.shape, self.recipe.computed
        queries, keys = (
            self.tokens * shape.heads * shape.head_size,
            self.tokens * shape.key_value_heads * shape.head_size,
        )
        repeated = self.workload.padded or self.recipe.eager
        inputs = computed * (queries + 2 * (queries if repeated else keys))
        scores = self.tokens * shape.heads * self.workload.sequence_tokens
        if self.recipe.eager:
            copy = computed if computed < 4 else 0
            return Operation(inputs + (4 + copy) * scores, 4 * scores, (8 - copy) * scores)
        mask = computed * self.tokens * self.workload.sequence_tokens if self.workload.padded else 0
        output = computed * queries + 4 * self.tokens * shape.heads
        expanded = 2 * computed * queries if shape.heads != shape.key_value_heads else 0
        return Operation(inputs + output + mask, 0, inputs + computed * queries + 4 * queries + expanded)

    def _feed_forward(self, products: int) -> list[Operation]:
        """Gate, activation, up and their product: ``products`` bytes a number. Liger's overwrites its inputs."""
        recipe = self.recipe
        size = products * self.tokens * self.shape.intermediate
        gate, up = self._linears(("gate_proj", "up_proj"), recipe.stream)
        activated = 0 if recipe.fused else size
        held = size if recipe.quant == "int8" else 0  # the product itself, which its layer lets go of late
        up = Operation(up.kept, up.forward + activated, up.backward + activated)
        product = Operation(size + activated, size, size + 2 * activated + held)
        return [gate, Operation(size, activated, activated), up, product]

    def _linears(self, names: Sequence[str], given: int, held: bool = False) -> list[Operation]:
        """Linear layers of one input, which is ``given`` bytes a number and ``held`` if another operation keeps it."""
        needed = held or any(self.recipe.needs_input(name, given) for name in names)
        shared = 0 if held or not needed else given * self.tokens * self.shape.linears()[names[0]][0]
        found = [self._linear(name, given, needed) for name in names]
        return [Operation(found[0].kept + shared, found[0].forward, found[0].backward), *found[1:]]

    def _linear(self, name: str, given: int, needed: bool) -> Operation:
        recipe, tokens = self.recipe, self.tokens
        into, out = self.shape.linears()[name]
        own, passing, back = self._adapter(name, given) if name in recipe.targets else (0.0, 0.0, 0.0)
        result = recipe.result(name, given) * tokens * out
        matrix = recipe.computed * into * out if recipe.full or recipe.quant != "none" else 0
        unpacked = 0 if recipe.full else matrix
        if recipe.quant == "int8":
            unpacked = tokens * (3 * into + max(3 * into, 6 * out))
        passed = 0 if needed else given * tokens * into
        back = max(back, recipe.computed * tokens * into)
        return Operation(own, passed + result + max(unpacked, passing), result + matrix + back)

    def _adapter(self, name: str, given: int) -> tuple[float, float, float]:
        """What an adapter beside a linear layer keeps, takes in the forward and takes in the backward pass."""
        recipe, tokens = self.recipe, self.tokens
        into, out = self.shape.linears()[name]
        copied = recipe.computed * tokens * into if recipe.copies_input(name, given) else 0
        mask = tokens * into if recipe.dropout else 0
        inner = recipe.computed * tokens * recipe.rank
        lowered = recipe.computed * recipe.rank * (into + out) if recipe.lowers_adapter else 0
        raised = 4 * tokens * into * (1 + bool(mask)) if recipe.raises_input(given) else 0
        low_rank = copied + mask + inner + lowered
        if recipe.method == "dora":
            results = tokens * out * (given + recipe.computed)
            weight = recipe.computed * into * out if recipe.dropout and recipe.copies_weight else 0
            passing = raised + max(self._weight_norm(into, out) - copied, 12 * tokens * out)
            return low_rank + results + weight, passing, raised + 12 * tokens * out
        if recipe.method == "vera":
            width = 4 if recipe.quant == "none" else recipe.computed
            scaled = 3 * width * tokens * out
            return mask + inner + lowered + recipe.computed * tokens * out, raised + scaled, raised + scaled
        return low_rank, raised + recipe.computed * tokens * out, raised

    def _weight_norm(self, into: int, out: int) -> float:
        """DoRA's norm of the whole weight: an identity matrix through the adapter, then four fp32 matrices.

        Source: PEFT, tuners/lora/dora.py, ``DoraLinearLayer.forward``.
        """
        return self.recipe.computed * into * into + (16 if self.recipe.computed < 4 else 12) * into * out
