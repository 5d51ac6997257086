"""Results of lm-eval: results_*.json, with its samples_<task>_*.jsonl where they were logged.

Source: the files of lm-eval 0.4.13 (its result_schema.py says their keys).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.engine.imports import round_trip
from workbench.engine.imports.foreign import (
    Foreign,
    Metric,
    Sample,
    Scores,
    count,
    health,
    is_fraction,
    items,
    number,
    of_results,
    part,
    ranked_first,
    read_json_lines,
    text,
)

ADAPTER = "adapter"
INVALID = "[invalid]"
"""What a filter of lm-eval writes when it found no answer."""


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether a JSON file is one of lm-eval's."""
    return isinstance(content.get("results"), dict) and isinstance(content.get("n-shot"), dict)


def read(path: Path, content: Mapping[str, Any]) -> Foreign:
    """The results in a file, with the samples that lie beside it.

    Raises:
        InputError: A samples file is no JSONL.
    """
    groups = {name for name, members in part(content, "group_subtasks").items() if members}
    tasks = [name for name in content["results"] if name not in groups and name not in part(content, "groups")]
    caveats: list[str] = []
    scores = [one for task in tasks if (one := _scores(path, content, task, caveats))]
    name = text(content.get("model_name") or part(content, "config").get("model") or "unknown")
    own = part(part(content, "config"), "model_args").get("pretrained") if content.get("workbench_version") else None
    return Foreign(
        name=name.rstrip("/").rpartition("/")[2] or name,
        origin=_origin(content),
        file=path,
        model=text(own) or name,
        method=ADAPTER if _adapted(content) else "as its model",
        quant="as its model",
        scores=scores,
        trained=_adapted(content),
        asked=_asked(content),
        caveats=caveats,
        versions={name: text(content.get(f"{name}_version")) for name in ("lm_eval", "transformers")},
        device=text(part(content, "config").get("device")),
    )


def _origin(content: Mapping[str, Any]) -> str:
    if content.get("workbench_version"):
        return f"workbench {text(content['workbench_version'])}, by way of lm-eval's format"
    return f"lm-eval {text(content.get('lm_eval_version')) or 'of unknown version'}"


def _adapted(content: Mapping[str, Any]) -> bool:
    """Whether an adapter was loaded; a merged one cannot be told from a base model."""
    return content.get("workbench_trained") is True or bool(
        re.search(r"\b(peft|delta)\b", str(part(content, "config").get("model_args")))
    )


def _asked(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "template_sha256": content.get("chat_template_sha") or "none",
        "system_sha256": content.get("system_instruction_sha") or "none",
        "fewshot_as_multiturn": bool(content.get("fewshot_as_multiturn")),
        "dtype": text(part(content, "config").get("model_dtype")).removeprefix("torch.") or None,
    }


def _scores(path: Path, content: Mapping[str, Any], task: str, caveats: list[str]) -> Scores | None:
    figures = content["results"][task]
    if not isinstance(figures, dict):
        return None
    samples = _samples(path, task)
    n = (
        len(samples)
        or count(part(part(content, "n-samples"), task).get("effective"))
        or count(figures.get("sample_len"))
    )
    config = part(part(content, "configs"), task)
    own = round_trip.facts(config)
    summary = round_trip.summary(own["task"], own["protocol"], samples) if own else {}
    found = summary or _summary(content, task, samples, n, caveats)
    if not found["metrics"]:
        caveats.append(f"{text(task)} has no score between 0 and 1 where higher is better: left out")
        return None
    version, shots = (text(part(content, table).get(task)) or "?" for table in ("versions", "n-shot"))
    protocol = f"lm-eval {text(task)}@{version}, {shots}-shot"
    facts: dict[str, Any] = {"name": task, "task": "lm-eval", "protocol": protocol, **own}
    return Scores(
        dataset=text(facts.pop("name")),
        task=facts.pop("task"),
        protocol=text(facts.pop("protocol")),
        n=n,
        samples=samples,
        facts=facts,
        **found,
    )


def _summary(
    content: Mapping[str, Any], task: str, samples: Sequence[Sample], n: int | None, caveats: list[str]
) -> dict[str, Any]:
    """What can be ranked, and what is only shown: perplexities, scores where lower is better."""
    figures = content["results"][task]
    better = part(part(content, "higher_is_better"), task)
    metrics: dict[str, Metric] = {}
    legacy: dict[str, float | None] = {}
    for key, value in figures.items():
        name, comma, kind = key.partition(",")
        found = number(value)
        if not comma or name.endswith("_stderr") or found is None:
            continue
        label = text(name if kind == "none" else key)
        if better.get(name) is False or not is_fraction(found):
            legacy[label] = found
        else:
            metrics[label] = of_results(label, found, number(figures.get(f"{name}_stderr,{kind}")), samples, n, caveats)
    listed = items(part(part(content, "configs"), task), "metric_list")
    order = [str(one.get("metric")) for one in listed if isinstance(one, dict)]
    return {"metrics": ranked_first(metrics, order), "health": health(samples), "legacy": legacy, "floors": {}}


def _samples(path: Path, task: str) -> list[Sample]:
    """The answers by document: lm-eval writes a line for each document and filter."""
    if re.search(r"[/\\\0]", task):
        return []  # no name of a task that a file can be called after
    date = path.stem.removeprefix("results_")
    file = path.with_name(f"samples_{task}_{date}.jsonl")
    if not file.is_file():
        return []
    documents: dict[str, Sample] = {}
    for key, record in _keyed(read_json_lines(file)):
        sample = documents.setdefault(key, _sample(record, key))
        kind = str(record.get("filter", "none"))
        for name in map(str, items(record, "metrics")):
            score = number(record.get(name))
            if score is not None:
                sample["scores"][text(name if kind == "none" else f"{name},{kind}")] = score
    return list(documents.values())


def _keyed(records: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each record with its document's hash; the second document with the same text has its own."""
    seen: Counter[tuple[str, str]] = Counter()
    for record in records:
        document = str(record.get("doc_hash") or record.get("doc_id"))
        place = (document, str(record.get("filter")))
        seen[place] += 1
        yield document if seen[place] == 1 else f"{document}#{seen[place]}", record


def _sample(record: Mapping[str, Any], key: str) -> Sample:
    answer = _first(record.get("filtered_resps"))
    said = answer if isinstance(answer, str) else None
    own = round_trip.sample(record)
    raw = _first(record.get("resps"))
    return {
        "doc_id": str(record.get("doc_id")),
        "doc_hash": key,
        "cluster": key,
        "gold": [text(record.get("target"), longest=2000)],
        "raw": raw if isinstance(raw, str) else "",
        "parsed": said if said is not None else _choice(record.get("filtered_resps")),
        "status": "ok",  # the scores are lm-eval's: they count as they are; health tells what was empty
        "finish": "stop",
        "answered": "empty" if said is not None and not said.strip() else "unparsed" if said == INVALID else "ok",
        "n_new_tokens": 0,
        "scores": {},
        **own,
    }


def _first(value: Any) -> Any:
    while isinstance(value, list) and value:
        value = value[0]
    return value


def _choice(responses: Any) -> str | None:
    """Which option has the highest log-likelihood, counted from 0."""
    pairs = responses if isinstance(responses, list) else []
    likelihoods = [number(_first(pair)) for pair in pairs]
    known = [one for one in likelihoods if one is not None]
    return str(likelihoods.index(max(known))) if known and len(known) == len(likelihoods) else None
