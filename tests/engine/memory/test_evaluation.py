import pytest

from workbench.engine.memory.evaluation import Generation, generation

CACHE_A_TOKEN = 2 * 2 * 2 * 16 * 2
"""Keys and values, layers, key heads, numbers a head, bytes."""


@pytest.fixture(scope="module")
def answer(llama, a_profile):
    def simulated(batch, **sections):
        return generation(a_profile(**sections), llama(), batch, 2)

    return simulated


def test_the_cache_grows_with_prompt_and_answer(answer):
    short, long = (answer(Generation(1, 1000, tokens)).parts["decode"]["activations"] for tokens in (1000, 2000))
    per_layer = CACHE_A_TOKEN // 2
    more = long - short
    # while the last token's layer is appended, that layer's keys and values lie there twice
    assert 1000 * CACHE_A_TOKEN <= more <= 1000 * (CACHE_A_TOKEN + per_layer) + 4096


def test_the_cache_grows_with_the_rows(answer):
    one, two = (answer(Generation(rows, 512, 512)).parts["decode"]["activations"] for rows in (2, 4))
    assert two - one >= 2 * 1023 * CACHE_A_TOKEN


def test_there_are_no_gradients_and_no_states(answer):
    found = answer(Generation(2, 64, 16))
    assert found.trainable_parameters == 0
    assert not {"gradients", "optimizer"} & set(found.parts["prefill"])


def test_only_the_last_position_is_scored(llama, a_profile):
    config = llama(vocab_size=50_000)
    found = [generation(a_profile(), config, Generation(1, tokens, 2), 2).live_bytes["prefill"] for tokens in (64, 128)]
    assert found[1] - found[0] < 64 * 50_000 * 2


def test_quantized_weights_stay_quantized(answer):
    batch = Generation(1, 32, 8)
    plain, packed = answer(batch), answer(batch, quant='method = "nf4"')
    assert packed.parts["decode"]["weights"] < plain.parts["decode"]["weights"]


def test_prompts_are_read_in_portions_beside_the_cache_of_all(answer):
    """The second portion is read while the cache of all rows is there (``decode.READ_TOKENS``)."""
    rows, prompt_tokens = 64, 512
    once, twice = Generation(rows // 2, prompt_tokens, 8), Generation(rows, prompt_tokens, 8)
    assert [len(one.portions) for one in (once, twice)] == [1, 2]
    first, second = (answer(batch).live_bytes for batch in (once, twice))
    assert "next prefill" in second
    assert second["prefill"] == first["prefill"]
    whole_cache = rows * (prompt_tokens + 8) * CACHE_A_TOKEN
    assert second["next prefill"] - second["prefill"] == pytest.approx(whole_cache, rel=0.02)


def test_what_was_read_is_not_held_twice(answer):
    rows, prompt_tokens = 16, 1024
    found = answer(Generation(rows, prompt_tokens, 8))
    read, room = (rows * tokens * CACHE_A_TOKEN for tokens in (prompt_tokens, prompt_tokens + 8))
    layers = 2
    assert found.parts["cache"]["activations"] <= (read + room) * (layers + 1) / (2 * layers) * 1.02
