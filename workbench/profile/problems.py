"""What is wrong with a profile: all of it at once, each problem with its file and key, as the user wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workbench.choices.adapters import ADAPTERS
from workbench.choices.options import Options
from workbench.choices.quantizers import QUANTIZERS
from workbench.errors import Problem, nearest
from workbench.profile.sections import Profile


def problems(tree: Mapping[str, Any], name: str, where: str) -> Iterator[Problem]:
    """What keeps the sections of a TOML file from being a profile; nothing if they are one.

    Args:
        tree: The sections, each with its method where it has one.
        name: The profile's name.
        where: The file; stands before each problem.
    """
    if "name" in tree:
        yield Problem(f"{where}: name", "this key is unknown: a profile is named by its file.")
    try:
        Profile.model_validate({**tree, "name": name})
    except ValidationError as error:
        yield from _merged(_problem(detail, tree, where) for detail in error.errors())
    adapter, quant = (tree.get(section) for section in ("adapter", "quant"))
    if not (isinstance(adapter, dict) and isinstance(quant, dict)):
        return
    if adapter.get("method") == "full" and quant.get("method", "none") != "none":
        yield Problem(
            f"{where}: quant.method",
            f"{quant['method']} holds the weights in a form that full fine-tuning cannot train.",
            'Set adapter.method = "lora", or quant.method = "none".',
        )


def _merged(problems: Iterable[Problem]) -> Iterator[Problem]:
    """One problem a key: a value that fits no member of a union is reported once for each member."""
    by_place: dict[str, list[Problem]] = {}
    for problem in problems:
        by_place.setdefault(problem.where, []).append(problem)
    for first, *others in by_place.values():
        also = [other.what.removeprefix("this must ") for other in others]
        yield replace(first, what=" or ".join([first.what, *also])) if also else first


def _problem(detail: ErrorDetails, tree: Mapping[str, Any], where: str) -> Problem:
    keys = _keys(detail, tree)
    place = f"{where}: {'.'.join(keys)}"
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Problem(place, "this key is unknown.", nearest(keys[-1], _valid_keys(keys[:-1], tree)))
    if kind == "missing":
        return Problem(place, "this key is missing.")
    if kind == "union_tag_invalid":
        table = ADAPTERS if keys[0] == "adapter" else QUANTIZERS
        given = str((detail.get("ctx") or {}).get("tag", ""))
        return Problem(f"{place}.method", f'there is no method "{given}".', nearest(given, table))
    if kind == "unknown_row":
        return Problem(place, detail["msg"])
    message = detail["msg"].replace("Input should", "this must")
    return Problem(place, message, f"(it is {detail['input']!r}).")


def _keys(detail: ErrorDetails, tree: Mapping[str, Any]) -> list[str]:
    """The keys as the user wrote them: pydantic also names the member of a union that it tried."""
    keys: list[str] = []
    node: Any = tree
    for part in map(str, detail["loc"]):
        inside = isinstance(node, dict) and part in node
        if inside or detail["type"] == "missing" or part in _valid_keys(keys, tree):
            keys.append(part)
            node = node.get(part) if isinstance(node, dict) else None
    if detail["type"] == "missing" and keys[0] in ("adapter", "quant") and len(keys) > 2:
        del keys[1]
    return keys or [str(part) for part in detail["loc"]]


def _valid_keys(keys: list[str], tree: Mapping[str, Any]) -> list[str]:
    if not keys:
        return [key for key in Profile.model_fields if key != "name"]
    section = keys[0]
    if section in ("adapter", "quant"):
        table: Mapping[str, Any] = ADAPTERS if section == "adapter" else QUANTIZERS
        chosen = tree.get(section)
        row = table.get(chosen.get("method", "")) if isinstance(chosen, dict) else None
        return list(row.options.model_fields) if row else []
    field = Profile.model_fields.get(section)
    options = field.annotation if field else None
    return list(options.model_fields) if isinstance(options, type) and issubclass(options, Options) else []
