import pytest

from workbench.engine.memory.outliers import outlier_bytes
from workbench.engine.memory.workload import Workload

WIDE = {"hidden_size": 256, "intermediate_size": 512}
WORK = Workload(2, 64, 100, 2, False, "")


def test_the_widest_layer_with_nothing_but_outliers(a_profile, llama):
    """A copy of its inputs in 16 bits; its weights copied once and scaled twice in fp32."""
    found, said = outlier_bytes(a_profile(quant='method = "int8"'), llama(**WIDE), WORK)
    assert found == 2 * 64 * 512 * 2 + 512 * 256 * (1 + 4 + 4)
    assert "0.00 GiB" in said


@pytest.mark.parametrize("quant", ['method = "none"', 'method = "nf4"', 'method = "int8"\nllm_int8_threshold = 0'])
def test_nothing_is_kept_for_outliers_where_none_are_looked_for(a_profile, llama, quant):
    assert outlier_bytes(a_profile(quant=quant), llama(**WIDE), WORK) == (0, "")


def test_another_kind_of_decoder_is_not_known_and_that_is_said(a_profile):
    found, said = outlier_bytes(a_profile(quant='method = "int8"'), {"model_type": "bloom", "n_embed": 64}, WORK)
    assert (found, "is not known" in said) == (0, True)
