import pytest

from workbench.engine.latencies import comparable, measure
from workbench.engine.run import Run
from workbench.errors import InputError
from workbench.paths import Workspace

CONDITIONS = {"dtype": "bfloat16", "quant": "none", "attn_implementation": "sdpa", "device": "X", "clocks": [],
              "path": "CUDA graphs", "versions": {"torch": "2"}, "prompts_sha256": "a"}  # fmt: skip


def record(**changes):
    return {"new_tokens": 64, "conditions": {**CONDITIONS, **changes}}


def test_equal_conditions_may_be_ranked_quantized_or_not():
    assert comparable(record(), record(quant="nf4")) == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("dtype", "float16", "different dtypes (bfloat16 and float16)"),
        ("attn_implementation", "eager", "different attention backends"),
        ("device", "Y", "different devices (X and Y)"),
        ("clocks", ["power cap"], "different clock states (free and power cap)"),
        ("clocks", None, "different clock states (free and unknown)"),
        ("path", "eager", "different ways of decoding"),
        ("versions", {"torch": "3"}, "different library versions (torch 2 and torch 3)"),
        ("prompts_sha256", "b", "different prompts"),
    ],
)
def test_other_conditions_are_refused_with_the_reason(key, value, said):
    (reason,) = comparable(record(), record(**{key: value}))
    assert said in reason


def test_other_lengths_are_refused():
    assert comparable(record(), {**record(), "new_tokens": 8}) == ["their answers have 64 and 8 tokens"]


def test_a_run_without_a_result_has_no_place_for_it(tmp_path):
    run = Run(Workspace(tmp_path), "some-run")
    with pytest.raises(InputError, match="has no result yet"):
        measure([run])
    with pytest.raises(InputError, match="each run once"):
        measure([run, run])
