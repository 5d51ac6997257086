from types import SimpleNamespace

import pynvml
import pytest

from workbench.choices.cards import CARDS, GIB
from workbench.engine.memory.cards import detect, find_card
from workbench.errors import InputError


@pytest.fixture
def no_gpu(monkeypatch):
    def fails():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", fails)


@pytest.fixture
def one_gpu(monkeypatch):
    answers = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetMemoryInfo": lambda handle: SimpleNamespace(total=8 * GIB, used=GIB),
        "nvmlDeviceGetName": lambda handle: "Played GPU",
        "nvmlDeviceGetUUID": lambda handle: "GPU-1",
        "nvmlDeviceGetCudaComputeCapability": lambda handle: (8, 9),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)


def test_the_card_of_this_machine_comes_with_what_is_taken_of_it(one_gpu):
    card, reason = detect()
    assert (card.name, card.total_bytes, card.used_bytes, card.detected) == ("Played GPU", 8 * GIB, GIB, True)
    assert (card.uuid, card.capability, reason) == ("GPU-1", (8, 9), "")
    assert find_card("auto") == find_card(" AUTO ") == card


def test_without_a_gpu_there_is_a_reason_and_a_way_out(no_gpu):
    card, reason = detect()
    assert card is None
    assert reason.startswith("NVML: ")
    with pytest.raises(InputError, match="--gpu 8GiB"):
        find_card("auto")


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("8GiB", 8 * GIB), ("8 gib", 8 * GIB), ("11.5GiB", int(11.5 * GIB)), ("8GB", 8 * 10**9), ("512MiB", 2**29)],
)
def test_a_size_is_taken_as_it_is(text, size_bytes):
    card = find_card(text)
    assert (card.name, card.total_bytes, card.used_bytes, card.detected) == (text, size_bytes, 0, False)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("RTX 4090", "RTX 4090"),
        ("rtx4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 4060 Ti 16GB", "RTX 4060 Ti 16GB"),
        ("4060 Ti", "RTX 4060 Ti"),
        ("T4", "T4"),
        ("a100 80gb", "A100 80GB"),
    ],
)
def test_a_name_is_found_however_it_is_written(text, name):
    card = find_card(text)
    assert (card.name, card.total_bytes) == (name, CARDS[name].memory_bytes)


def test_a_card_has_a_little_less_than_its_maker_says():
    assert find_card("RTX 3060").total_bytes == int(12 * GIB * 0.99)


def test_a_name_of_several_cards_is_asked_back():
    with pytest.raises(InputError, match="may be any of: A100 40GB, A100 80GB"):
        find_card("A100")


@pytest.mark.parametrize("text", ["RTX 4091", "8 bananas", "", "nvidia"])
def test_an_unknown_card_names_the_nearest_and_sizes(text):
    with pytest.raises(InputError, match="A size such as 8GiB works too"):
        find_card(text)
    if text == "RTX 4091":
        with pytest.raises(InputError, match="RTX 4090"):
            find_card(text)


@pytest.mark.parametrize("text", ["0GiB", "0.0gb"])
def test_a_card_of_no_memory_is_none(text):
    with pytest.raises(InputError, match="more than 0 bytes"):
        find_card(text)
