"""No command loads a heavy library: seen in ``sys.modules`` of a fresh process that runs it."""

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "peft", "trl", "datasets", "bitsandbytes", "accelerate", "sympy", "math_verify"}
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
        ["list", "evaluations"],
        ["queue"],
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
    [
        ["watch", "x"],
        ["stop", "x"],
        ["resume", "x"],
        ["eval", "x"],
        ["export", "x", "y"],
        ["report", "-o", "r.md"],
        ["tag", "x", "y"],
        ["archive", "x"],
        ["checkpoint", "x"],
        ["samples", "x"],
        ["new", "y", "--from-run", "x"],
    ],
)
def test_a_refused_command_loads_nothing_heavy_either(modules, arguments):
    code, loaded = modules(*arguments)
    assert code == 2
    assert not HEAVY & loaded


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["check", "p"], ["run", "p", "--dry-run"], ["watch", "x"]])
def test_check_40_no_command_loads_the_app(modules, arguments):
    _, loaded = modules(*arguments)
    assert "textual" not in loaded
    assert arguments[0] in ("check", "run") or "pynvml" not in loaded  # those two ask the driver for its GPUs


@pytest.mark.parametrize("name", ["profile", "engine.board", "engine.run", "engine.launch", "engine.query", "cli.app"])
def test_check_40_engine_profile_and_command_load_nothing_of_the_app(name):
    code = f"import sys, workbench.{name}; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {*HEAVY, "textual", "rich", "pynvml"} & set(done.stdout.split())


FIRST_FRAME = """
import asyncio, json, sys
from pathlib import Path
from workbench.paths import Workspace
from workbench.tui.app import WorkbenchApp
from workbench.tui.settings import Settings

async def main():
    app = WorkbenchApp(Workspace(Path(sys.argv[1])), sys.argv[2], settings=Settings(Path(sys.argv[1]) / "app.json"))
    app.animation_level = "none"
    before = None
    async with app.run_test() as pilot:
        before = sorted({name.partition(".")[0] for name in sys.modules})
        await pilot.pause(1)
    print(json.dumps([before, sorted({name.partition(".")[0] for name in sys.modules})]))

asyncio.run(main())
"""


@pytest.mark.parametrize("mode", ["runs", "profile", "live", "evals", "compare", "chat"])
def test_check_40_the_app_loads_nothing_heavy(tmp_path, mode):
    command = [sys.executable, "-c", FIRST_FRAME, str(tmp_path), mode]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, later = json.loads(done.stdout.splitlines()[-1])
    assert "textual" in first
    assert not HEAVY & set(later)
    assert not {"scipy", "sklearn", "pandas", "matplotlib"} & set(first)


def test_the_help_needs_neither_pydantic_nor_rich_tables(modules):
    _, loaded = modules("--help")
    assert not {"pydantic", "huggingface_hub", "scipy", "pyarrow", "tomlkit"} & loaded
