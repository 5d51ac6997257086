"""Predict the peak memory of many configurations, then measure them on one GPU with the product's own training.

    python tests/benchmarks/gpu_memory.py predict            # anywhere: writes memory_predictions.json
    python tests/benchmarks/gpu_memory.py measure OUT.json    # on a GPU: random weights of the real shapes
    python tests/benchmarks/gpu_memory.py measure OUT.json --skip memory_measured.json    # only what is not in there
    python tests/benchmarks/gpu_memory.py table OUT.json

Memory does not depend on what the weights are. Each configuration trains two steps in a process of its own, several
side by side as far as the predictions say that they fit. Two rows more are measured: INT8 with the other kind of
checkpointing, which was chosen against.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

sys.path.insert(0, str(Path(__file__).parent))
from memory_cases import CASES, HUB_IDS, SWAPPED, Case, plain

from workbench.choices.quantizers import QUANTIZERS
from workbench.engine.memory.cards import find_card
from workbench.engine.memory.config import _known
from workbench.engine.memory.machine import machine

GIB = 2**30
PREDICTIONS = Path(__file__).with_name("memory_predictions.json")
CARD = "H100"
MODELS = Path("/dev/shm/workbench-models")
"""31 GB of random weights in memory."""
SPARE_BYTES = 3 * GIB
AT_ONCE = 11


def predict(cases: tuple[Case, ...]) -> dict[str, Any]:
    """The predictions by the cases' names."""
    from workbench.engine.versions import versions

    with ProcessPoolExecutor(2) as pool:
        found = dict(pool.map(_predicted, cases))
    return {"versions": versions(), "card": CARD, "predictions": found}


def _predicted(case: Case) -> tuple[str, dict[str, Any]]:
    from workbench.engine.memory.predict import predict_training

    begun = time.process_time()
    config, around = _known()[HUB_IDS[case.model]], machine(find_card(CARD))
    estimate, trained = predict_training(case.profile(), config, case.workload(), around)
    seconds = round(time.process_time() - begun, 2)
    print(f"{case.name:90} {estimate.allocated_bytes / GIB:7.3f} {estimate.phase} {seconds} s", flush=True)
    return case.name, {**estimate.to_json(), "trainable_parameters": trained, "cpu_s": seconds}


def make(model: str) -> None:
    """Write random bf16 weights of a model's real shape, with a tokenizer of single bytes."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        made = AutoModelForCausalLM.from_config(AutoConfig.for_model(**_known()[HUB_IDS[model]]))
    made.save_pretrained(MODELS / model, max_shard_size="4GB")
    byte_tokenizer().save_pretrained(MODELS / model)


def byte_tokenizer() -> Any:
    """One token a byte; what is trained does not matter here."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    raw.add_special_tokens([AddedToken("<|end|>", special=True)])
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|end|>", pad_token="<|end|>")


def one(case: Case, cap_bytes: int = 0) -> dict[str, Any]:
    """Train a case for two steps; what torch and NVML say of this process."""
    import torch

    from workbench.engine import model
    from workbench.engine.events import EventLog
    from workbench.engine.monitor import Monitor
    from workbench.engine.run import Run
    from workbench.engine.train import train
    from workbench.paths import Workspace

    if case.swap_reentrant:
        row = QUANTIZERS[case.profile().quant.method]
        QUANTIZERS._rows[row.name] = replace(row, reentrant=not row.reentrant)
    profile = case.profile(str(MODELS / case.model))
    root = Path(tempfile.mkdtemp(dir=MODELS))
    run = Run(Workspace(root), "case")
    log = EventLog(root / "events.jsonl")
    base = model.attach(model.load_base(MODELS / case.model, profile), profile)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    if cap_bytes:
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(cap_bytes / total)
    outcome = "finished"
    try:
        train(run, profile, base, byte_tokenizer(), rows(case), log, lambda: False)
    except torch.OutOfMemoryError as error:
        outcome = f"out of memory: {str(error)[:120]}"
    sample = Monitor(log, model.gpu_uuid(), print).sample()
    statistics = torch.cuda.memory_stats()
    events = (root / "events.jsonl").read_text()
    shutil.rmtree(root)
    return {
        "outcome": "out of memory: recovered" if '"recovered"' in events else outcome,
        "allocated_bytes": torch.cuda.max_memory_allocated(),
        "reserved_bytes": torch.cuda.max_memory_reserved(),
        "process_bytes": sample.process_bytes,
        "reserved_now_bytes": torch.cuda.memory_reserved(),
        "retries": statistics["num_alloc_retries"],
        "card": torch.cuda.get_device_name(0),
    }


def rows(case: Case) -> list[Any]:
    """Enough rows for two steps, the longest somewhere among them."""
    import random

    from workbench.engine.render import Encoded

    draw = random.Random(7)
    count = case.rows * case.accumulation * 2
    lengths = [case.tokens] * count
    if case.varied:
        lengths = [draw.randint(case.tokens // 4, case.tokens) for _ in range(count)]
        lengths[draw.randrange(count)] = case.tokens
    made = []
    for number, length in enumerate(lengths):
        ids = [draw.randrange(256) for _ in range(length)]
        made.append(
            Encoded(str(number), ids, [-100] * (length - length // 2) + ids[-(length // 2) :], "", length, True)
        )
    return made


def measure(jobs: list[dict[str, Any]], out: Path, total_bytes: int, deadline: float) -> None:
    """Run the jobs side by side as their predictions allow; results go to ``out`` as they come."""
    running: dict[subprocess.Popen[str], tuple[dict[str, Any], IO[str]]] = {}
    results: dict[str, Any] = {}
    jobs = sorted(jobs, key=lambda job: -job["need_bytes"])
    while jobs or running:
        used = sum(job["need_bytes"] for job, _ in running.values())
        fitting = [job for job in jobs if used + job["need_bytes"] + SPARE_BYTES <= total_bytes]
        if fitting and len(running) < AT_ONCE and time.time() < deadline:
            job = fitting[0]
            jobs.remove(job)
            command = [sys.executable, __file__, "one", json.dumps(job["case"]), str(job.get("cap_bytes", 0))]
            log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - open as long as the case; an unread pipe would stop it
            running[subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)] = job, log
            continue
        if not running:
            break
        done = next((process for process in running if process.poll() is not None), None)
        if done is None:
            time.sleep(0.2)
            continue
        job, log = running.pop(done)
        output, _ = done.communicate()
        log.seek(0)
        errors = log.read()
        log.close()
        last = output.strip().splitlines()[-1:] or [""]
        result = json.loads(last[0]) if last[0].startswith("{") else {"outcome": f"failed: {errors[-1500:]}"}
        results[job["name"]] = {**job, **result}
        size = (result.get("allocated_bytes") or 0) / GIB
        print(f"{job['name']:95} {size:7.3f} {result['outcome'][:300]}", flush=True)
        out.write_text(json.dumps(results, indent=1))
    for job in jobs:
        print("not run:", job["name"])


def table(measured: dict[str, Any], predicted: dict[str, Any]) -> str:
    """The Markdown table of predictions beside measurements."""
    lines = [
        "| configuration | predicted GiB | measured GiB | off | NVML predicted | NVML measured | off |",
        "|" + "---|" * 7,
    ]
    offs = []
    for name, result in measured.items():
        if name not in predicted:
            continue
        estimate = predicted[name]
        if result["outcome"] != "finished":
            lines.append(f"| {name} | {estimate['allocated_bytes'] / GIB:.3f} | {result['outcome'][:60]} | | | | |")
            continue
        off = estimate["allocated_bytes"] / result["allocated_bytes"] - 1
        offs.append(off)
        process = result["process_bytes"]
        nvml = f"{process / GIB:.3f} | {estimate['process_bytes'] / process - 1:+.2%}" if process else "n/a | n/a"
        lines.append(
            f"| {name} | {estimate['allocated_bytes'] / GIB:.3f} | {result['allocated_bytes'] / GIB:.3f} | {off:+.2%} "
            f"| {estimate['process_bytes'] / GIB:.3f} | {nvml} |"
        )
    mean = sum(map(abs, offs)) / len(offs)
    worst = max(map(abs, offs))
    return "\n".join(
        [*lines, "", f"{len(offs)} configurations: mean {mean:.2%}, at most {worst:.2%} off in allocated memory."]
    )


def main() -> None:
    """Predict, measure or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("predict", "make", "measure", "one", "table"))
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--limit-s", type=float, default=420.0)
    parser.add_argument("--skip", type=Path, help="what is measured already")
    arguments = parser.parse_args()
    rest = arguments.arguments
    if arguments.verb == "predict":
        PREDICTIONS.write_text(json.dumps(predict(CASES), indent=1) + "\n")
    elif arguments.verb == "make":
        make(rest[0])
    elif arguments.verb == "one":
        content = json.loads(rest[0])
        print(json.dumps(one(Case(**{**content, "changes": tuple(content["changes"])}), int(rest[1]))))
        sys.stdout.flush()
        os._exit(0)
    elif arguments.verb == "table":
        print(table(json.loads(Path(rest[0]).read_text()), json.loads(PREDICTIONS.read_text())["predictions"]))
    else:
        known = json.loads(arguments.skip.read_text())["cases"] if arguments.skip else {}
        _measure(Path(rest[0]), arguments.limit_s, frozenset(known))


def _measure(out: Path, limit_s: float, known: frozenset[str]) -> None:
    begun = time.time()
    MODELS.mkdir(parents=True, exist_ok=True)
    makers = [
        subprocess.Popen([sys.executable, __file__, "make", name])
        for name in HUB_IDS
        if not (MODELS / name / "config.json").exists()
    ]
    if any(maker.wait() for maker in makers):
        raise SystemExit("a model could not be made")
    print(f"models made in {time.time() - begun:.0f} s", flush=True)
    predicted = json.loads(PREDICTIONS.read_text())["predictions"]
    jobs = [
        {"name": case.name, "case": case.to_json(), "need_bytes": int(predicted[case.name]["process_bytes"] * 1.05)}
        for case in CASES
    ]
    jobs += [
        {"name": case.name, "case": case.to_json(), "need_bytes": 2 * int(predicted[plain(case).name]["process_bytes"])}
        for case in SWAPPED
    ]
    jobs = [job for job in jobs if job["name"] not in known]
    total_bytes = find_card("auto").total_bytes
    measure(jobs, out, total_bytes, begun + limit_s)


if __name__ == "__main__":
    main()
