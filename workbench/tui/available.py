"""Every key that a screen answers: those of the focused widget first, then the screen's, then the app's.

Keys that a text field takes for itself while it has the focus are in it too: they work once ``esc`` has left the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen


@dataclass(frozen=True)
class Offered:
    """One action and its keys.

    Args:
        node: Where it is done.
        binding: The first of its bindings.
        keys: All of its keys as they are now, remapped ones too.
    """

    node: DOMNode
    binding: Binding
    keys: tuple[str, ...]


def available(screen: Screen[Any]) -> list[Offered]:
    """All actions of a screen, each once."""
    found: dict[tuple[str, str], Offered] = {}
    active = screen.active_bindings.values()
    said_now = {(one.node, one.binding.id): one.binding.description for one in active}
    for node in _nodes(screen):
        for declared in _bindings(node):
            said = said_now.get((node, declared.id), declared.description)  # Pause is Resume while it is paused
            binding = replace(declared, description=said)
            name = (binding.id or f"{type(node).__name__}.{binding.action}", binding.description)
            if name in found:
                before = found[name]
                if before.node is node:
                    found[name] = Offered(node, before.binding, (*before.keys, binding.key))
            else:
                found[name] = Offered(node, binding, (binding.key,))
    return list(found.values())


def _nodes(screen: Screen[Any]) -> list[DOMNode]:
    """The focused widget and what it lies in, then the other widgets that take the focus, then screen and app."""
    focused = screen.focused
    chain: list[DOMNode] = [] if focused is None else [n for n in focused.ancestors_with_self if n is not screen]
    others = [widget for widget in screen.focus_chain if widget not in chain]
    return [*(node for node in chain if node is not screen.app), *others, screen, screen.app]


def _bindings(node: DOMNode) -> Iterator[Binding]:
    """The bindings of a node with a description, as the user's keys have them."""
    keymap = _keymap(node)
    seen: set[tuple[str, str]] = set()
    for cls in type(node).__mro__:
        for binding in Binding.make_bindings(cls.__dict__.get("BINDINGS", ())):
            key = keymap.get(binding.id or "", binding.key)
            for one in key.split(","):
                if binding.description and not binding.system and (binding.action, one) not in seen:
                    seen.add((binding.action, one))
                    yield binding.with_key(one)


def _keymap(node: DOMNode) -> dict[str, str]:
    from workbench.tui.app import WorkbenchApp

    app = node.app
    return app.keymap if isinstance(app, WorkbenchApp) else {}
