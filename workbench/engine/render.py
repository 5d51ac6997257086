"""A row as the model sees it: the chat template applied, the trained tokens marked.

Prompt and answer are tokenised apart and joined, so that training sees exactly the prompt tokens that generation will
see, and the border between them is never inside a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from workbench.choices.rows import Row
from workbench.choices.tasks import AnswerFormat, prompt, target
from workbench.errors import InputError
from workbench.profile import DataOptions

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that is not trained."""

SENTINEL = "words that stand in no row 7319"
"""What is rendered to see where a template puts a turn's content."""

END_TOKENS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|end_of_turn|>")
"""What ends a turn in the usual templates, where that is not the tokenizer's own end token."""

EXACTLY: dict[str, Any] = {"clean_up_tokenization_spaces": False}

Turn = dict[str, Any]


@dataclass(frozen=True)
class Encoded:
    """A row as token ids.

    Args:
        row_id: Of the row.
        input_ids: Prompt and answer, cut to max_length.
        labels: As long; IGNORED where nothing is trained.
        span_text: The trained text before the cut, without special tokens.
        full_tokens: How many tokens there were before the cut.
        ends: Whether the trained text closes with an end token.
        only_last_turn: Whether earlier answers of a conversation could not be located and are not trained.
    """

    row_id: str
    input_ids: list[int]
    labels: list[int]
    span_text: str
    full_tokens: int
    ends: bool
    only_last_turn: bool = False

    @property
    def has_labels(self) -> bool:
        """Whether anything is trained."""
        return any(label != IGNORED for label in self.labels)


def prompt_text(tokenizer: PreTrainedTokenizerBase, row: Row, answer_format: AnswerFormat, data: DataOptions) -> str:
    """The rendered turns before the answer, ending where the model is to begin."""
    return _apply(tokenizer, _placed(prompt(row, answer_format), data), row.id, generation=True)


def conversation_text(tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn], data: DataOptions) -> str:
    """The rendered turns of a conversation, ending where the model is to begin."""
    return _apply(tokenizer, _placed(turns, data), "chat", generation=True)


def encode_row(tokenizer: PreTrainedTokenizerBase, row: Row, data: DataOptions, max_length: int) -> Encoded:
    """The row as training sees it.

    Raises:
        InputError: The chat template cannot render the row, or not so that prompt and answer can be told apart.
    """
    answers, only_last = _pieces(tokenizer, row, data)
    end_ids = _end_ids(tokenizer)
    ids: list[int] = []
    labels: list[int] = []
    spans: list[list[int]] = []
    after: list[int] = []  # what stands between the end of an answer and the next turn is read, not learnt
    for before, said in answers:
        context = after + _tokens(tokenizer, before)
        span, after = _split_at_end(tokenizer, _tokens(tokenizer, said), end_ids)
        ids += context + span
        labels += [IGNORED] * len(context) + span
        spans.append(span)
    text = "\n".join(tokenizer.decode(span, skip_special_tokens=True, **EXACTLY) for span in spans)
    ends = bool(spans[-1]) and spans[-1][-1] in end_ids
    return Encoded(row.id, ids[:max_length], labels[:max_length], text, len(ids), ends, only_last)


def preview_row(tokenizer: PreTrainedTokenizerBase, encoded: Encoded) -> list[tuple[str, bool]]:
    """The row's text, special tokens and all, in pieces that are trained or not."""
    pieces: list[tuple[list[int], bool]] = []
    for token, label in zip(encoded.input_ids, encoded.labels, strict=True):
        trained = label != IGNORED
        if not pieces or pieces[-1][1] != trained:
            pieces.append(([], trained))
        pieces[-1][0].append(token)
    return [(tokenizer.decode(ids, **EXACTLY), trained) for ids, trained in pieces]


def drops_system_turn(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row], data: DataOptions) -> bool:
    """Whether rows have a system turn that the template leaves out or refuses."""
    if data.system_turn == "user" or not (data.system or any(row.system for row in rows)):
        return False
    turns = [{"role": "system", "content": SENTINEL}, {"role": "user", "content": "?"}]
    try:
        return SENTINEL not in _apply(tokenizer, turns, "", generation=True)
    except InputError:
        return True


def _placed(turns: Sequence[Turn], data: DataOptions) -> list[Turn]:
    """The turns with the system turn first, or at the head of the first user turn."""
    system = next((turn["content"] for turn in turns if turn["role"] == "system"), data.system)
    rest = [turn for turn in turns if turn["role"] != "system"]
    if not system:
        return rest
    if data.system_turn == "system":
        return [{"role": "system", "content": system}, *rest]
    return [{**rest[0], "content": f"{system}\n\n{rest[0]['content']}"}, *rest[1:]]


def _pieces(tokenizer: PreTrainedTokenizerBase, row: Row, data: DataOptions) -> tuple[list[tuple[str, str]], bool]:
    """(text before, answer) of each trained turn, and whether only the last one could be located."""
    if not row.messages:
        turns = _placed(prompt(row, data.answer_format), data)
        return [_last_piece(tokenizer, [*turns, _assistant(target(row, data.answer_format))], row.id)], False
    system = [{"role": "system", "content": row.system}] if row.system else []
    turns = _placed([*system, *row.messages], data)
    pieces: list[tuple[str, str]] = []
    done = ""
    for place, turn in enumerate(turns):
        if turn["role"] != "assistant":
            continue
        before, said = _last_piece(tokenizer, turns[: place + 1], row.id)
        if not before.startswith(done):  # the template writes earlier turns differently once others follow
            return [_last_piece(tokenizer, turns, row.id)], True
        pieces.append((before[len(done) :], said))
        done = before + said
    return pieces, False


def _assistant(content: str | float) -> Turn:
    return {"role": "assistant", "content": content}


def _last_piece(tokenizer: PreTrainedTokenizerBase, turns: list[Turn], row_id: str) -> tuple[str, str]:
    """The prompt as generation will write it, and what the last turn adds behind its head.

    Most templates write both alike. Where they do not (an empty block of thought before a generated answer alone),
    an answer that cannot be mistaken shows where the last turn's content begins.
    """
    before = _apply(tokenizer, turns[:-1], row_id, generation=True)
    whole = _apply(tokenizer, turns, row_id, generation=False)
    if whole.startswith(before):
        return before, whole[len(before) :]
    marked = _apply(tokenizer, [*turns[:-1], _assistant(SENTINEL)], row_id, generation=False)
    begins = marked.find(SENTINEL)
    if begins >= 0 and whole.startswith(marked[:begins]):
        return before, whole[begins:]
    raise InputError(
        f"{row_id}: the model's chat template renders the question differently once the answer follows, so that the "
        "trained part cannot be told. Put another chat_template.jinja into the model's folder."
    )


def _apply(tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn], row_id: str, generation: bool) -> str:
    thinking = {"enable_thinking": False} if _knows_thinking(str(tokenizer.chat_template)) else {}
    try:
        rendered: str = tokenizer.apply_chat_template(
            list(turns), tokenize=False, add_generation_prompt=generation, **thinking
        )
    except Exception as error:  # a template is a program of its author's and may raise anything
        why = str(error).rstrip(".")
        what = f"{row_id}: the model's chat template cannot render this row: {why}. {_fix(turns)}"
        raise InputError(what.rstrip()) from error
    return rendered


def _fix(turns: Sequence[Turn]) -> str:
    """What may help when a template refuses these turns."""
    if any(not isinstance(turn["content"], str) for turn in turns):
        return "The answer is a number; set data.convert_float_answers = true."
    if turns[0]["role"] == "system":
        return 'It may know no system turn; set data.system_turn = "user".'
    return ""


@cache
def _knows_thinking(template: str) -> bool:
    """Whether the template has a switch for thinking; passing it to others would be a guess."""
    from jinja2 import Environment, meta

    try:
        parsed = Environment(autoescape=False, extensions=["jinja2.ext.loopcontrols"]).parse(template)  # noqa: S701
    except Exception:  # noqa: BLE001 - tags that only transformers knows
        return "enable_thinking" in template
    return "enable_thinking" in meta.find_undeclared_variables(parsed)


def _tokens(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def _end_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Tokens that end a turn: the tokenizer's own and those of the usual templates."""
    named = [tokenizer.convert_tokens_to_ids(name) for name in END_TOKENS]
    return {token for token in (tokenizer.eos_token_id, *named) if token not in (None, tokenizer.unk_token_id)}


def _split_at_end(
    tokenizer: PreTrainedTokenizerBase, span: list[int], end_ids: set[int]
) -> tuple[list[int], list[int]]:
    """The span up to its end token, and the line break that many templates write after it: it is never generated."""
    for place, token in enumerate(span, start=1):
        if token in end_ids and not tokenizer.decode(span[place:], **EXACTLY).strip():
            return span[:place], span[place:]
    return span, []
