"""The audit on rendered rows, with the chat templates that decide what is trained."""

import pyarrow
import pyarrow.parquet
import pytest

from workbench.choices.rows import Row
from workbench.engine.audit import audit
from workbench.engine.datasets import prepare, rows
from workbench.engine.render import drops_system_turn, encode_row
from workbench.paths import Workspace
from workbench.profile import DataOptions

TEXT_ONLY = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.content is string %}{{ m.content }}{% endif %}"
    "{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{% endif %}"
)
"""Renders what is no text as nothing, as Qwen3's template does."""
NO_SYSTEM = (
    "{% for m in messages %}{% if m.role != 'system' %}"
    "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@pytest.fixture
def with_template(tokenizer, monkeypatch):
    def use(template):
        monkeypatch.setattr(tokenizer, "chat_template", template)
        return tokenizer

    return use


def report(tokenizer, chosen, data=None, max_length=512, overlap=None):
    data = data or DataOptions(dataset="x")
    encoded = [encode_row(tokenizer, row, data, max_length) for row in chosen]
    return audit(chosen, encoded, overlap or {"exact": 0, "normalised": 0}, drops_system_turn(tokenizer, chosen, data))


def sums(count, answer="{}"):
    return [
        Row(f"r{n}", "math", f"What is {n} + 1?", (answer.format(n + 1),) if answer else ("",)) for n in range(count)
    ]


def fatal(found):
    return [problem for problem in found.problems if problem.fatal]


def test_sound_rows_have_no_problem(tokenizer):
    found = report(tokenizer, sums(50))
    assert found.problems == ()
    assert found.rows == 50
    assert 0 < found.trained_tokens < found.tokens
    assert found.longest_tokens < 512


def test_up_to_one_in_a_hundred_empty_answers_is_a_warning_and_more_is_the_end(tokenizer):
    empty = sums(300, answer="")
    (warning,) = report(tokenizer, [*sums(297), *empty[297:]]).problems
    assert not warning.fatal
    assert "3 of 300 rows (r297, r298, r299)" in warning.what
    (problem,) = fatal(report(tokenizer, [*sums(296), *empty[296:]]))
    assert "empty once rendered in 4 of 300 rows" in problem.what


def float_rows(tmp_path, convert):
    table = pyarrow.table(
        {"question": [f"How many are {n}?" for n in range(40)], "answer": [n + 0.0 for n in range(40)]}
    )
    pyarrow.parquet.write_table(table, tmp_path / "train-sums.parquet")
    data = DataOptions(train_file=str(tmp_path / "train-sums.parquet"), convert_float_answers=convert)
    prepared = prepare(Workspace(tmp_path), data)
    return data, rows(prepared, "train", "all", 0), prepared.manifest


def test_numbers_under_a_template_that_renders_only_text_are_refused_with_the_reason(with_template, tmp_path):
    tokenizer = with_template(TEXT_ONLY)
    data, chosen, _ = float_rows(tmp_path, convert=False)
    (problem,) = fatal(report(tokenizer, chosen, data))
    assert "empty once rendered in 36 of 36 rows" in problem.what
    assert "Their answers are numbers, and the model's chat template renders only text." in problem.what
    assert problem.fix == "Set data.convert_float_answers = true."
    data, chosen, manifest = float_rows(tmp_path, convert=True)
    assert chosen[0].answers[0].isdigit()
    assert not report(tokenizer, chosen, data).problems
    assert any("without" in note or "text" in note for note in manifest["notes"])


@pytest.mark.parametrize(("convert", "refused"), [(False, True), (True, False)])
def test_the_studys_rows_are_refused_as_numbers_and_accepted_as_text(
    with_template, real_rows, tmp_path, convert, refused
):
    train, test = (str(real_rows / f"{part}-OpenMathInstruct-2.parquet") for part in ("train", "test"))
    data = DataOptions(train_file=train, test_file=test, convert_float_answers=convert)
    prepared = prepare(Workspace(tmp_path), data)
    chosen = rows(prepared, "train", "all", 0)
    problems = fatal(report(with_template(TEXT_ONLY), chosen, data, overlap=prepared.manifest["overlap"]))
    assert bool(problems) == refused
    if refused:
        assert "1000 of 1000 rows" in problems[0].what
    else:
        assert all(answer == answer.removesuffix(".0") for row in chosen for answer in row.answers)


def test_answers_that_are_all_cut_off_are_refused(tokenizer):
    (problem,) = fatal(report(tokenizer, sums(10), max_length=20))
    assert "no token of any of the 10 rows would be trained" in problem.what
    long = [Row(f"r{n}", "math", "?", ("9" * 90,)) for n in range(10)]
    (problem,) = fatal(report(tokenizer, long, max_length=120))
    assert "all 10 rows are longer" in problem.what


def test_some_rows_that_are_cut_are_named(tokenizer):
    chosen = [*sums(20), Row("long", "math", "?", ("9" * 400,)), Row("lost", "math", "why? " * 200, ("1",))]
    problems = report(tokenizer, chosen, max_length=300).problems
    assert not any(problem.fatal for problem in problems)
    assert any("(lost)" in problem.what and "left out" in problem.what for problem in problems)
    assert any("2 of 22 rows are cut (long, lost)" in problem.what for problem in problems)


def test_a_template_that_drops_the_system_turn_is_refused_only_when_rows_have_one(with_template):
    tokenizer = with_template(NO_SYSTEM)
    assert not report(tokenizer, sums(5)).problems
    data = DataOptions(dataset="x", system="Be brief.")
    (problem,) = fatal(report(tokenizer, sums(5), data))
    assert "leaves it out" in problem.what
    moved = DataOptions(dataset="x", system="Be brief.", system_turn="user")
    assert not report(tokenizer, sums(5), moved).problems
    assert "Be brief." in tokenizer.decode(encode_row(tokenizer, sums(1)[0], moved, 512).input_ids)


def test_shared_rows_are_reported(tokenizer):
    (problem,) = report(tokenizer, sums(5), overlap={"exact": 2, "normalised": 3}).problems
    assert not problem.fatal
    assert "3 test rows are among the training rows too (2 word for word)" in problem.what


def test_a_report_is_json(tokenizer):
    found = report(tokenizer, sums(3), overlap={"exact": 1, "normalised": 1}).to_json()
    assert found["rows"] == 3
    assert found["problems"][0]["fatal"] is False
