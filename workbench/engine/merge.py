"""Merge an adapter into its base model, save it, and ask the saved model some of the recorded questions again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import PreTrainedModel

from workbench.choices.protocols import PROTOCOLS
from workbench.choices.quantizers import NoQuantOptions
from workbench.engine import fetch, hashes, model
from workbench.engine.evaluate import protocol
from workbench.engine.evaluate.batching import budget
from workbench.engine.evaluate.generate import answers
from workbench.engine.evaluate.ways import asking, prompt_ids
from workbench.engine.run import Run
from workbench.engine.samples import read_samples
from workbench.paths import Workspace, write_atomically
from workbench.profile import Profile

ASKED_AGAIN = 16


def merge(workspace: Path, run_id: str, out: Path, report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Write the merged model to ``out`` and compare its answers with the recorded ones.

    A quantized base is merged into its unquantized weights: a merge into 4-bit weights would round the
    adapter away. Its answers can differ from the tested ones, and the check says how many do.
    """
    run = Run(Workspace(workspace), run_id)
    profile = run.profile()
    folder = fetch.ensure(run.workspace, profile.model, lambda text: report({"stage": text}))
    report({"stage": "merging"})
    plain = profile.model_copy(update={"quant": NoQuantOptions()})
    merged = model.load_tuned(folder, run.adapter, plain)
    if isinstance(merged, PeftModel):
        merged = merged.merge_and_unload()
    report({"stage": "saving"})
    merged.save_pretrained(out, safe_serialization=True)
    model.load_tokenizer(run.adapter, profile.model).save_pretrained(out)
    del merged
    report({"stage": "asking again"})
    check = _ask_again(run, plain, out)
    origin = {
        "run_id": run.id,
        "base": profile.model.name,
        "base_sha256": hashes.of_weights(run.workspace, folder),
        "adapter_sha256": hashes.of_weights(run.workspace, run.adapter),
        "check": check,
    }
    write_atomically(out / "workbench.json", json.dumps(origin, indent=2) + "\n")
    return {"check": check}


def _ask_again(run: Run, profile: Profile, folder: Path) -> dict[str, Any] | None:
    """How many of some recorded answers the model in ``folder`` gives again, word for word."""
    result = run.result()
    entries = result["evaluation"] if result else {}
    recorded = {
        (s["dataset"], s["protocol"], s["answer_format"], s["doc_id"]): s for s in read_samples(run.samples_file)
    }
    if not (entries and recorded):
        return None
    exported: PreTrainedModel = model.load_base(folder, profile).eval()
    tokenizer = model.load_tokenizer(folder, profile.model)
    same = asked = 0
    for questions in protocol.all_questions(run.workspace, profile):
        if PROTOCOLS[questions.protocol].way != "generate":
            continue
        kind = (questions.dataset, questions.protocol, questions.answer_format)
        chosen = [row for row in questions.rows if (*kind, row.id) in recorded][:ASKED_AGAIN]
        prompts = [prompt_ids(tokenizer, row, profile.data, questions.answer_format) for row in chosen]
        how, _ = asking(tokenizer, questions)
        tokens = budget(exported, profile.eval.batch_tokens)
        for batch in answers(exported, tokenizer, prompts, how, tokens, on_note=lambda _: None):
            same += sum(a.text == recorded[*kind, chosen[a.index].id]["raw"] for a in batch)
        asked += len(prompts)
    return {"asked": asked, "same": same, "dtype": str(exported.dtype).removeprefix("torch.")}
