"""The themes: dark, light, and one whose colours stay apart for colour-blind eyes.

Charts and states take their colours from the theme's variables, so that one choice changes all of them.
"""

from __future__ import annotations

from textual.theme import Theme

OKABE_ITO = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00")
"""Six colours that people with any colour vision tell apart: Okabe and Ito 2008, https://jfly.uni-koeln.de/color/"""


def _variables(series: tuple[str, ...], states: dict[str, str]) -> dict[str, str]:
    return {
        **{f"series-{number}": colour for number, colour in enumerate(series, 1)},
        **{f"state-{name}": colour for name, colour in states.items()},
    }


DARK = Theme(
    name="workbench-dark",
    primary="#5fafd7",
    secondary="#87af87",
    accent="#d7af5f",
    warning="#d7875f",
    error="#d75f5f",
    success="#87af5f",
    foreground="#d0d0d0",
    background="#121212",
    surface="#1c1c1c",
    panel="#303030",
    dark=True,
    variables=_variables(
        ("#5fafd7", "#d7af5f", "#87af5f", "#d787af", "#af87d7", "#5fd7af"),
        {
            "waiting": "#a8a8a8",
            "running": "#5fafd7",
            "finished": "#87af5f",
            "failed": "#d75f5f",
            "stopped": "#d7af5f",
            "lost": "#d787af",
        },
    ),
)
LIGHT = Theme(
    name="workbench-light",
    primary="#005f87",
    secondary="#3a6f3a",
    accent="#875f00",
    warning="#af5f00",
    error="#af0000",
    success="#3a6f00",
    foreground="#1c1c1c",
    background="#fafafa",
    surface="#f0f0f0",
    panel="#dadada",
    dark=False,
    variables=_variables(
        ("#005f87", "#875f00", "#3a6f00", "#87005f", "#5f00af", "#00705f"),
        {
            "waiting": "#585858",
            "running": "#005f87",
            "finished": "#3a6f00",
            "failed": "#af0000",
            "stopped": "#875f00",
            "lost": "#87005f",
        },
    ),
)
COLOUR_BLIND = Theme(
    name="workbench-colour-blind",
    primary="#56b4e9",
    secondary="#009e73",
    accent="#f0e442",
    warning="#e69f00",
    error="#d55e00",
    success="#009e73",
    foreground="#e4e4e4",
    background="#101010",
    surface="#1a1a1a",
    panel="#2e2e2e",
    dark=True,
    variables=_variables(
        OKABE_ITO,
        {
            "waiting": "#b2b2b2",
            "running": "#56b4e9",
            "finished": "#009e73",
            "failed": "#d55e00",
            "stopped": "#f0e442",
            "lost": "#cc79a7",
        },
    ),
)
THEMES: dict[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT, COLOUR_BLIND)}
DEFAULT = DARK.name


def after(name: str) -> str:
    """The theme that comes after this one.

    >>> after("workbench-dark"), after("anything else")
    ('workbench-light', 'workbench-dark')
    """
    names = list(THEMES)
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
