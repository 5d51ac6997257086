from workbench.engine import clocks


def test_without_a_gpu_nothing_is_known():
    assert clocks.throttle(None) is None
    assert clocks.throttle("GPU-of-nobody") is None


def test_idling_holds_nothing_back():
    assert clocks.named(0x1) == []
    assert clocks.named(0x4 | 0x40) == ["power cap", "hardware thermal slowdown"]
