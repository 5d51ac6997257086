"""No command loads a heavy library: seen in ``sys.modules`` of a fresh process that runs it."""

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "peft", "trl", "datasets", "bitsandbytes", "accelerate"}
FRESH = """
import json, sys
sys.argv = ["workbench", *sys.argv[1:]]
from workbench.__main__ import main
code = main()
sys.stdout.flush()
print(json.dumps({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}), file=sys.stderr)
"""
PROFILE = "[model]\nname = 'smollm2-135m'\n[data]\ndataset = 'arithmetic'\n"


@pytest.fixture
def modules(tmp_path, monkeypatch):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "p.toml").write_text(PROFILE)
    (tmp_path / "figures.csv").write_text("name,metric,value,n\na,accuracy,45/50,\n")
    monkeypatch.chdir(tmp_path)

    def loaded(*arguments):
        command = [sys.executable, "-c", FRESH, "--workspace", str(tmp_path), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seen = json.loads(done.stderr.splitlines()[-1])
        return seen["code"], set(seen["modules"])

    return loaded


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["list", "models"],
        ["list", "datasets"],
        ["list", "adapters"],
        ["check", "p"],
        ["run", "p", "--dry-run"],
        ["new", "q", "--from", "p"],
        ["compare", "--reference"],
        ["data", "prepare", "quiz"],
        ["doctor"],
        ["import", "figures.csv"],
    ],
)
def test_a_command_loads_nothing_heavy(modules, arguments, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, loaded = modules(*arguments)
    assert code == 0
    assert not HEAVY & loaded


@pytest.mark.parametrize(
    "arguments",
    [["watch", "x"], ["stop", "x"], ["resume", "x"], ["eval", "x"], ["export", "x", "y"], ["report", "-o", "r.md"]],
)
def test_a_refused_command_loads_nothing_heavy_either(modules, arguments):
    code, loaded = modules(*arguments)
    assert code == 2
    assert not HEAVY & loaded


def test_the_help_needs_neither_pydantic_nor_rich_tables(modules):
    _, loaded = modules("--help")
    assert not {"pydantic", "huggingface_hub", "scipy", "pyarrow", "tomlkit"} & loaded
