"""What stands in a profile: its sections, their keys, and what each of them may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from workbench.choices.adapters import AdapterOptions, LoraOptions
from workbench.choices.optimizers import OPTIMIZERS
from workbench.choices.options import Options
from workbench.choices.protocols import PROTOCOLS
from workbench.choices.quantizers import NoQuantOptions, QuantOptions
from workbench.choices.table import Table
from workbench.choices.tasks import TASKS, AnswerFormat
from workbench.errors import nearest

Count = Annotated[int, Field(ge=1)] | Literal["all"]
AskedFormat = Literal["trained", "bare", "boxed"]


@dataclass(frozen=True)
class RowName:
    """A check that a text is the name of a row of ``table``, or one of the other words."""

    table: Table[Any]
    others: tuple[str, ...] = ()

    def __call__(self, name: str) -> str:
        """The name itself.

        Raises:
            PydanticCustomError: There is no such row; the message names the nearest.
        """
        if name not in self.table and name not in self.others:
            message = f'there is no {self.table.kind} "{name}". {nearest(name, [*self.table, *self.others])}'
            raise PydanticCustomError("unknown_row", "{message}", {"message": message})
        return name


OptimizerName = Annotated[
    str, AfterValidator(RowName(OPTIMIZERS)), Field(description="A name from `workbench list optimizers`.")
]

DEFAULT_METHODS = {"adapter": "lora", "quant": "none"}
"""What a section means that does not name its method, the same as when the section is not there."""


class ModelOptions(Options):
    """[model]: what is trained."""

    name: str = Field(min_length=1, description="A name from `workbench list models`, a hub id, or a folder.")
    revision: str = Field("main", description="Branch, tag or commit on the hub.")
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = Field(
        "auto", description='"auto" is bfloat16 on a GPU and float32 on a CPU.'
    )
    attn_implementation: Literal["sdpa", "eager", "flash_attention_2"] = Field(
        "sdpa", description="Kernel of attention."
    )
    trust_remote_code: bool = Field(False, description="Run Python code that comes with the model.")


class DataOptions(Options):
    """[data]: what it is trained and tested on: a data set by name, or two files."""

    dataset: str = Field("", description="A name from `workbench list datasets` or a prepared data set.")
    train_file: str = Field("", description="JSONL, JSON, CSV or parquet; relative to the workspace.")
    test_file: str = Field("", description="The same for the test rows.")
    format: str = Field("auto", description='Shape of the files, "auto" to recognise it by its columns.')
    task: Annotated[str, AfterValidator(RowName(TASKS, ("auto",)))] = Field(
        "auto", description='Kind of question, "auto" to take it from the format.'
    )
    train_rows: Count = Field("all", description="How many training rows; a seeded, stratified sample.")
    test_rows: Count = Field("all", description="How many test rows; a seeded, stratified sample.")
    validation_rows: int = Field(
        0,
        ge=0,
        description="Training rows kept back for validation: their loss is told while it trains, as eval_loss.",
    )
    seed: int = Field(42, ge=0, description="Seed of the samples.")
    answer_format: AnswerFormat = Field("bare", description="The answer alone, or inside \\boxed{}.")
    system: str = Field("", description="A system turn for every row that has none.")
    system_turn: Literal["system", "user"] = Field("system", description='"user" puts it at the head of the user turn.')
    convert_float_answers: bool = Field(True, description="Write 68.0 as 68; off, it stays a number.")


class TrainOptions(Options):
    """[train]: how it is trained, under the names of transformers.TrainingArguments."""

    learning_rate: float = Field(2e-4, gt=0.0, description="Its highest value, after the warm-up.")
    num_train_epochs: float = Field(1.0, gt=0.0, description="Passes over the training rows.")
    max_steps: int = Field(-1, ge=-1, description="Optimizer steps; -1: by epochs, 0: train nothing, only evaluate.")
    per_device_train_batch_size: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        1,
        description='Rows at once; more is faster and takes memory. "auto" takes the most that fit on the card, at '
        "gradient_accumulation_steps rows a step.",
    )
    gradient_accumulation_steps: int = Field(8, ge=1, description="Batches that make up one optimizer step.")
    warmup_steps: float = Field(0.06, ge=0.0, description="Steps; below 1 a fraction of all steps.")
    lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] = Field(
        "linear", description="How the learning rate goes on after the warm-up."
    )
    optim: OptimizerName = "adamw_torch_fused"
    weight_decay: float = Field(0.0, ge=0.0, description="Pulls every trained weight towards zero.")
    max_grad_norm: float = Field(1.0, gt=0.0, description="Longer gradients are cut to this length.")
    max_length: int = Field(1024, ge=8, description="Longer rows are cut at the end, in tokens.")
    gradient_checkpointing: bool = Field(True, description="Recompute activations to save memory.")
    use_liger_kernel: bool | Literal["auto"] = Field(
        "auto", description='Fused kernels; "auto" uses them where a CUDA GPU and liger-kernel are.'
    )
    train_sampling_strategy: Literal["random", "sequential", "group_by_length"] = Field(
        "random", description="Order of the rows; group_by_length wastes less on padding."
    )
    seed: int = Field(42, ge=0, description="Set before the adapter is initialised.")
    save_steps: int | Literal["auto"] = Field(
        "auto", description='Steps between checkpoints; "auto" spends at most 5 % of the time on them.'
    )
    eval_steps: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        "auto",
        description='Steps between looks at the validation rows, besides the first and the last; "auto" spends at most '
        "5 % of the time on them.",
    )
    save_total_limit: int = Field(2, ge=1, description="How many checkpoints are kept.")

    @property
    def micro_batch(self) -> int:
        """Rows at once; 1 as long as "auto" has not been decided."""
        rows = self.per_device_train_batch_size
        return 1 if rows == "auto" else rows

    @property
    def rows_per_step(self) -> int:
        """Rows that one optimizer step sees."""
        return self.micro_batch * self.gradient_accumulation_steps


class EvalOptions(Options):
    """[eval]: what is measured before and after."""

    enabled: bool = Field(True, description="Off: only train, and score nothing.")
    base: bool = Field(True, description="Also evaluate the untrained model, once for all runs.")
    datasets: list[str] = Field([], description="Further data sets whose test rows are scored too.")
    rows: Count = Field("all", description="How many test rows of each data set.")
    protocols: list[Annotated[str, AfterValidator(RowName(PROTOCOLS))]] = Field(
        [], description="How rows are asked, for the data sets that each suits; empty for each task's own."
    )
    answer_format: AskedFormat | list[AskedFormat] | Literal["both"] = Field(
        "trained", description='"both" asks in the trained form and in the other; a list asks in each.'
    )
    max_new_tokens: int | Literal["auto"] = Field("auto", description='"auto" is the task\'s own limit.')
    batch_tokens: Annotated[int, Field(ge=64)] | Literal["auto"] = Field(
        "auto", description='Prompt and answer tokens in one batch; "auto" is what the GPU has room for.'
    )
    latency: bool = Field(False, description="Also time prompts one by one, at a forced length.")
    lm_eval_tasks: list[str] = Field([], description="Tasks of lm-eval, by name or as YAML files of one.")
    lm_eval_limit: Count = Field("all", description="At most so many rows of each of them.")


class Profile(Options):
    """One experiment. ``name`` is the file's name without .toml and no key of it."""

    name: str = Field(exclude=True)
    model: ModelOptions
    adapter: AdapterOptions = LoraOptions()
    quant: QuantOptions = NoQuantOptions()
    data: DataOptions
    train: TrainOptions = TrainOptions()
    eval: EvalOptions = EvalOptions()
