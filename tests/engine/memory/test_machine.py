from workbench.engine.memory.cards import Card
from workbench.engine.memory.machine import MEASURED_CONTEXT_BYTES, MIB, keep, machine, machine_file

CARD = Card("c", 8 * 2**30, uuid="GPU-1", capability=(8, 9))


def test_an_unmeasured_card_is_taken_for_the_measured_one_and_says_so():
    found = machine(CARD)
    assert found.context_bytes == MEASURED_CONTEXT_BYTES
    assert "assumed" in found.notes[0]
    assert "--calibrate" in found.notes[0]


def test_a_measured_context_is_used_for_that_card_alone():
    keep("GPU-1", {"context_bytes": 500 * MIB})
    keep("GPU-2", {"context_bytes": 400 * MIB})
    assert machine(CARD).context_bytes == 500 * MIB
    assert "as measured" in machine(CARD).notes[0]
    assert machine(Card("other", 1)).context_bytes == MEASURED_CONTEXT_BYTES
    assert machine(None).context_bytes == MEASURED_CONTEXT_BYTES


def test_hoppers_cublas_takes_more():
    assert machine(CARD).workspace_bytes == 2 * 8_519_680
    assert machine(Card("H100", 1, capability=(9, 0))).workspace_bytes == 2 * 32 * MIB
    assert machine(Card("RTX 5090", 1, capability=(12, 0))).workspace_bytes == 2 * 32 * MIB


def test_a_damaged_file_is_nothing_measured():
    machine_file().parent.mkdir(parents=True)
    for text in ("{", "[]", '{"GPU-1": {}}', '{"GPU-1": null}'):
        machine_file().write_text(text)
        assert machine(CARD).context_bytes == MEASURED_CONTEXT_BYTES
