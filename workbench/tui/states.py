"""How the state of a run looks: a glyph and its word, so that no state is told by its colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from workbench.engine.texts import GLYPHS


@dataclass(frozen=True)
class State:
    """The look of one state; its colour is the theme's variable ``state-<name>``.

    Args:
        name: As in ``RunState.status``.
        glyph: One cell wide.
        plain: The same in ASCII.
    """

    name: str
    glyph: str
    plain: str


STATES: dict[str, State] = {
    state.name: state
    for state in (
        State("waiting", GLYPHS["waiting"], "."),
        State("running", GLYPHS["running"], "*"),
        State("finished", GLYPHS["finished"], "+"),
        State("failed", GLYPHS["failed"], "x"),
        State("stopped", GLYPHS["stopped"], "#"),
        State("lost", GLYPHS["lost"], "?"),
        State("damaged", GLYPHS["damaged"], "!"),
    )
}


def state_text(name: str, ascii_only: bool = False) -> str:
    """Glyph and word.

    >>> state_text("running"), state_text("failed", ascii_only=True), state_text("from the future")
    ('● running', 'x failed', '? from the future')
    """
    state = STATES.get(name, State(name, "?", "?"))
    return f"{state.plain if ascii_only else state.glyph} {name}"


def state_content(name: str, ascii_only: bool = False) -> Content:
    """Glyph and word in the state's colour; a damaged run has that of a failed one."""
    colour = f"$state-{'failed' if name == 'damaged' else name}" if name in STATES else ""
    return Content.styled(state_text(name, ascii_only), f"bold {colour}".strip())
