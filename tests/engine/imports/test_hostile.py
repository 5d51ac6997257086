"""Files in which something is not what it should be: each is imported or refused in a sentence, never a traceback."""

import copy
import json
from pathlib import Path

import pytest

from workbench.engine.imports import JSON_FORMATS
from workbench.engine.imports.foreign import Foreign
from workbench.errors import InputError

from .test_lm_eval import BEFORE, results, write
from .test_others import LIGHTEVAL, PEFT

STUDY = json.loads((Path(__file__).parent / "study" / "Tiny-1B-sums_SFT_full.json").read_text())
JUNK = [None, 3, -1.5, "x", [], {}, [[]], {"x": None}, True, 1e308, 10**400, "\x1b[2J", [1, 2]]


def places(value, path=()):
    """The path of every part of a JSON value, lists by their first item."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, part in inside:
        yield from places(part, (*path, key))


def replaced(content, path, junk):
    changed = copy.deepcopy(content)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = junk
    return changed


@pytest.mark.parametrize(
    "content", [results("org/m", BEFORE), LIGHTEVAL, PEFT, STUDY], ids=["lm-eval", "lighteval", "peft", "study"]
)
def test_every_part_may_be_anything(tmp_path, content):
    file = tmp_path / "results_x.json"
    refused = []
    for path in places(content):
        for junk in JUNK if path else ():
            changed = replaced(content, path, junk)
            file.write_text(json.dumps(changed))
            for kind in JSON_FORMATS:
                if kind.recognises(changed):
                    try:
                        found = kind.read(file, changed)
                    except InputError as error:
                        refused.append(str(error))
                    else:
                        assert isinstance(found, Foreign)
                        for scores in found.scores:
                            for metric in scores.metrics.values():
                                assert 0.0 <= metric["value"] <= 1.0
                        json.dumps([scores.metrics for scores in found.scores], allow_nan=False)
                    break
    assert all(str(file) in said for said in refused)


def test_every_part_of_a_sample_may_be_anything(tmp_path):
    file = write(tmp_path, "m", BEFORE)
    samples = next(file.parent.glob("samples_*"))
    first = json.loads(samples.read_text().splitlines()[0])
    content = json.loads(file.read_text())
    for path in places(first):
        for junk in JUNK if path else ():
            samples.write_text(json.dumps(replaced(first, path, junk)) + "\n")
            found = JSON_FORMATS[0].read(file, content)
            json.dumps([list(scores.samples) for scores in found.scores], allow_nan=False)
