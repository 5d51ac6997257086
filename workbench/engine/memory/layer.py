"""One decoder layer in closed form: what its operations keep for the backward pass, and what they take for a moment.

Autograd keeps what the derivative of an operation needs, and nothing else: both factors of a product, the input of a
norm in fp32, of attention all but the scores. An input that several operations need is kept once.

Source: transformers, models/{llama,qwen3}. All of it is checked against the simulation, which runs the real layers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.engine.memory.config import Shape
from workbench.engine.memory.linear import linears
from workbench.engine.memory.operations import Operation
from workbench.engine.memory.recipe import Recipe
from workbench.engine.memory.workload import Workload


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
        """In the order in which they run. Beside each lies the residual, and in the backward pass its gradient."""
        attention = [self.norm(), *self._attention()]
        feed_forward = [self.norm(), *self._feed_forward()]
        kept_by_norm = self.recipe.fused or self.recipe.stream == 4
        residual = 0 if kept_by_norm else self.stream_bytes
        return [
            replace(one, forward=one.forward + residual, backward=one.backward + self.stream_bytes)
            for one in (*attention, *feed_forward)
        ]

    def norm(self) -> Operation:
        """An RMS norm of the hidden states: its input, in fp32 but for Liger's, and one figure a token."""
        numbers, full = self.tokens * self.shape.hidden, self.recipe.full
        if self.recipe.fused:
            return Operation(self.stream_bytes + 4 * self.tokens, self.stream_bytes, self.stream_bytes, full)
        normed = self.stream_bytes if full else 0  # what its weight's gradient needs
        return Operation(4 * numbers + 4 * self.tokens + normed, 2 * 4 * numbers, 5 * 4 * numbers, full)

    def _linears(self, *names: str, given: int, held: bool = False) -> list[Operation]:
        return linears(self.recipe, self.shape, self.tokens, names, given, held)

    def _attention(self) -> list[Operation]:
        recipe = self.recipe
        return [
            *self._linears("q_proj", "k_proj", "v_proj", given=recipe.stream),
            *([self._head_norms()] if recipe.head_norms else []),
            self._eager_scores() if recipe.eager else self._fused_scores(),
            *self._linears("o_proj", given=recipe.computed, held=not recipe.eager),
        ]

    def _head_norms(self) -> Operation:
        """Norms of each head's queries and keys."""
        heads = self.tokens * (self.shape.heads + self.shape.key_value_heads)
        given = self.recipe.result("q_proj", self.recipe.stream)
        number = given if self.recipe.fused else 4 + (given if self.recipe.full else 0)
        return Operation(heads * (self.shape.head_size * number + 4), trained=self.recipe.full)

    def _projections(self, repeated: bool) -> tuple[int, int]:
        """Bytes of the queries, and of queries, keys and values; the latter at the queries' heads if ``repeated``."""
        shape, number = self.shape, self.recipe.computed * self.tokens * self.shape.head_size
        keys = shape.heads if repeated else shape.key_value_heads
        return number * shape.heads, number * (shape.heads + 2 * keys)

    def _fused_scores(self) -> Operation:
        """Keeps its inputs, its output and the log-sum-exp; with padding a mask of the output's dtype as well.

        The backward pass makes four gradients, and sums that of the queries in fp32; see ``kernels.FlashAttention``.
        """
        shape, padded = self.shape, self.workload.padded
        queries, inputs = self._projections(repeated=padded)
        mask = self.recipe.computed * self.tokens * self.workload.sequence_tokens if padded else 0
        sums = 4 * self.tokens * shape.heads * shape.head_size
        groups = 2 * queries if shape.heads != shape.key_value_heads else 0
        figures = 4 * self.tokens * shape.heads
        return Operation(inputs + queries + figures + mask, backward=inputs + queries + sums + groups)

    def _eager_scores(self) -> Operation:
        """Keeps its inputs and a fraction for each pair of tokens, in fp32 and in the dtype of products."""
        pairs = self.tokens * self.shape.heads * self.workload.sequence_tokens
        lowered = self.recipe.computed if self.recipe.computed < 4 else 0
        inputs = self._projections(repeated=True)[1]
        return Operation(inputs + (4 + lowered) * pairs, 4 * pairs, (8 - lowered) * pairs)

    def _feed_forward(self) -> list[Operation]:
        """Gate, activation, up, product and down. Liger's product overwrites its inputs, and keeps no activation."""
        recipe = self.recipe
        products = max(recipe.result(name, recipe.stream) for name in ("gate_proj", "up_proj"))
        size = products * self.tokens * self.shape.intermediate
        gate, up = self._linears("gate_proj", "up_proj", given=recipe.stream)
        down = self._linears("down_proj", given=products)
        activated = 0 if recipe.fused else size
        held = size if recipe.quant == "int8" else 0  # the product, which INT8's function lets go of late
        up = replace(up, forward=up.forward + activated, backward=up.backward + activated + held)
        activation = Operation(size, activated, activated + held)
        product = Operation(size + activated, size, size + 2 * activated + held)
        return [gate, activation, up, product, *down]
