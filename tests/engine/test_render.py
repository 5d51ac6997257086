import pytest

from workbench.choices.rows import Row
from workbench.engine.render import drops_system_turn, encode_row, preview_row, prompt_text
from workbench.errors import InputError
from workbench.profile import DataOptions

DATA = DataOptions(dataset="x")
ROW = Row("r1", "math", "What is 1 + 1?", ("2",))


def test_only_the_answer_and_its_end_token_are_trained(tokenizer):
    encoded = encode_row(tokenizer, ROW, DATA, 512)
    pieces = preview_row(tokenizer, encoded)
    assert [trained for _, trained in pieces] == [False, True]
    assert pieces[0][0] == prompt_text(tokenizer, ROW, "bare", DATA)
    assert pieces[0][0].endswith("Answer with the final number only.<|im_end|>\n<|im_start|>assistant\n")
    assert pieces[1][0] == "2<|im_end|>"  # the line break after it is never generated
    assert (encoded.span_text, encoded.ends) == ("2", True)


def test_training_sees_the_prompt_tokens_that_generation_sees(tokenizer):
    encoded = encode_row(tokenizer, ROW, DATA, 512)
    asked = tokenizer(prompt_text(tokenizer, ROW, "bare", DATA), add_special_tokens=False)["input_ids"]
    assert encoded.input_ids[: len(asked)] == asked
    assert set(encoded.labels[: len(asked)]) == {-100}


def test_a_boxed_answer_is_trained_in_its_box(tokenizer):
    data = DataOptions(dataset="x", answer_format="boxed")
    assert encode_row(tokenizer, ROW, data, 512).span_text == "\\boxed{2}"


def test_a_row_is_cut_at_its_end(tokenizer):
    whole = encode_row(tokenizer, ROW, DATA, 512)
    cut = encode_row(tokenizer, ROW, DATA, 30)
    assert cut.input_ids == whole.input_ids[:30]
    assert cut.full_tokens == len(whole.input_ids)
    assert not cut.has_labels


def test_the_system_turn_comes_first(tokenizer):
    row = Row("r", "squad", "Who?", (), context="Nobody came.", system="Be kind.")
    text = prompt_text(tokenizer, row, "bare", DATA)
    assert text.startswith("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nPassage: Nobody came.")
    assert encode_row(tokenizer, row, DATA, 512).span_text == "unanswerable"


def test_every_answer_of_a_conversation_is_trained(tokenizer):
    turns = [("user", "Hi"), ("assistant", "Hello"), ("user", "Bye"), ("assistant", "See you")]
    messages = tuple({"role": role, "content": content} for role, content in turns)
    row = Row("c", "chat", "Hi", ("See you",), messages=messages)
    pieces = preview_row(tokenizer, encode_row(tokenizer, row, DATA, 512))
    assert [text for text, trained in pieces if trained] == ["Hello<|im_end|>", "See you<|im_end|>"]


def test_thinking_is_switched_off_where_the_template_has_the_switch(tokenizer, monkeypatch):
    template = (
        tokenizer.chat_template + "{% if enable_thinking is defined %}[thinking: {{ enable_thinking }}]{% endif %}"
    )
    monkeypatch.setattr(tokenizer, "chat_template", template)
    assert prompt_text(tokenizer, ROW, "bare", DATA).endswith("[thinking: False]")


def test_a_number_that_a_template_cannot_render_is_a_sentence(tokenizer):
    row = Row("r9", "math", "What is 1 + 1?", (2.0,))
    with pytest.raises(InputError, match=r"^r9: .*cannot render this row.*convert_float_answers = true"):
        encode_row(tokenizer, row, DATA, 512)


def test_a_prompt_that_only_generation_writes_is_what_training_sees_too(tokenizer, monkeypatch):
    template = tokenizer.chat_template.replace(
        "assistant\n' }}{% endif %}", "assistant\n<think></think>' }}{% endif %}"
    )
    monkeypatch.setattr(tokenizer, "chat_template", template)
    (asked, _), (said, trained) = preview_row(tokenizer, encode_row(tokenizer, ROW, DATA, 512))
    assert asked == prompt_text(tokenizer, ROW, "bare", DATA)
    assert asked.endswith("<think></think>")
    assert (said, trained) == ("2<|im_end|>", True)


def test_a_template_that_hides_where_the_answer_begins_is_a_sentence(tokenizer, monkeypatch):
    monkeypatch.setattr(tokenizer, "chat_template", "{{ messages | length }}: {{ messages[0].content }}")
    with pytest.raises(InputError, match="the trained part cannot be told"):
        encode_row(tokenizer, ROW, DATA, 512)


def test_what_stands_between_two_turns_is_read_but_not_learnt(tokenizer):
    turns = [("user", "Hi"), ("assistant", "Hello"), ("user", "Bye"), ("assistant", "See you")]
    messages = tuple({"role": role, "content": content} for role, content in turns)
    encoded = encode_row(tokenizer, Row("c", "chat", "Hi", ("See you",), messages=messages), DATA, 512)
    rendered = tokenizer.apply_chat_template(list(messages), tokenize=False)
    assert tokenizer.decode(encoded.input_ids) == rendered.rstrip("\n")
    assert (encoded.span_text, encoded.ends, encoded.only_last_turn) == ("Hello\nSee you", True, False)


FORGETS = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role != 'assistant' or loop.last %}{{ m.content }}{% else %}...{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""Writes earlier answers differently, as templates do that remove earlier thoughts."""


def test_only_the_last_answer_is_trained_where_earlier_ones_are_written_differently(tokenizer, monkeypatch):
    monkeypatch.setattr(tokenizer, "chat_template", FORGETS)
    turns = [("user", "Hi"), ("assistant", "Hello"), ("user", "Bye"), ("assistant", "See you")]
    messages = tuple({"role": role, "content": content} for role, content in turns)
    encoded = encode_row(tokenizer, Row("c", "chat", "Hi", ("See you",), messages=messages), DATA, 512)
    assert encoded.only_last_turn
    assert [text for text, trained in preview_row(tokenizer, encoded) if trained] == ["See you<|im_end|>"]


def test_a_template_that_refuses_a_system_turn_says_where_to_put_it(tokenizer, monkeypatch):
    refuses = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    monkeypatch.setattr(tokenizer, "chat_template", refuses + tokenizer.chat_template)
    row = Row("r", "math", "What is 1 + 1?", ("2",), system="Be kind.")
    assert drops_system_turn(tokenizer, [row], DATA)
    with pytest.raises(InputError, match=r'System role not supported\. .*data\.system_turn = "user"'):
        encode_row(tokenizer, row, DATA, 512)
    moved = DataOptions(dataset="x", system_turn="user")
    assert not drops_system_turn(tokenizer, [row], moved)
    assert "user\nBe kind.\n\nWhat is" in prompt_text(tokenizer, row, "bare", moved)


def test_a_template_without_an_end_token_is_noticed(tokenizer, monkeypatch):
    monkeypatch.setattr(
        tokenizer, "chat_template", "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    )
    encoded = encode_row(tokenizer, ROW, DATA, 512)
    assert not encoded.ends
    assert encoded.span_text.strip().endswith("2")
