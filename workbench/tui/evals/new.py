"""A new evaluation: which runs and models, asked which data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.table import Table
from workbench.tui.widgets.table_messages import MarksChanged, RowSelected

if TYPE_CHECKING:
    from workbench.engine.evaluables import Asked, Subject

SUBJECTS = (
    Column("name", "run or model", least=26, most=34),
    Column("kind", "kind", least=5, most=6),
    Column("here", "here", least=4, most=4),
    Column("about", "what", most=40),
)
DATA_SETS = (
    Column("name", "data set", least=8, most=20),
    Column("task", "task", least=4, most=6),
    Column("test_rows", "test rows", right=True, number=True, least=4, most=9),
)


@dataclass(frozen=True)
class Wanted:
    """What was chosen.

    Args:
        names: Runs and models.
        datasets: What they are asked; none for what each one's profile says.
    """

    names: tuple[str, ...]
    datasets: tuple[str, ...]


class NewEvaluation(ModalScreen[Wanted | None]):
    """Two tables to mark in; gives what was chosen, None when it was left.

    Args:
        subjects: Runs and models.
        asked: Data sets.
        marked: Names of the subjects that are marked already.
    """

    DEFAULT_CSS = """
    NewEvaluation { align: center middle; }
    NewEvaluation > Vertical {
        width: 96%; height: 90%; border: round $primary; background: $surface; padding: 0 1;
    }
    NewEvaluation Horizontal { height: 1fr; }
    NewEvaluation #subjects { width: 3fr; height: 100%; }
    NewEvaluation #data-sets { width: 2fr; height: 100%; border-left: solid $primary; }
    NewEvaluation Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("evals.begin", "ctrl+r", "begin", "Start", hint=True),
        Key("evals.leave", "escape", "leave", "Leave", hint=True),
        SHARED["help"],
    )

    def __init__(self, subjects: list[Subject], asked: list[Asked], marked: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._subjects, self._asked, self._marked = subjects, asked, marked

    def compose(self) -> ComposeResult:
        """What, on which, and how it goes on."""
        with Vertical() as box:
            box.border_title = "new evaluation"
            yield Static("space marks · tab changes the side · enter goes on · ^r starts · esc leaves", markup=False)
            with Horizontal():
                yield Table(SUBJECTS, empty="Nothing is trained and no model is here.", id="subjects")
                yield Table(DATA_SETS, empty="No data sets.", id="data-sets")
            yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        """Fill both tables."""
        subjects = self.query_one("#subjects", Table)
        subjects.set_rows({one.name: _subject_row(one) for one in self._subjects})
        subjects.set_marks([name for name in self._marked if name in {one.name for one in self._subjects}])
        self.query_one("#data-sets", Table).set_rows({one.name: vars(one) for one in self._asked})
        subjects.focus()
        self._say()

    @on(MarksChanged)
    def _say(self) -> None:
        wanted = self._wanted()
        names = f"{len(wanted.names)} chosen" if wanted.names else "the one under the cursor"
        asked = ", ".join(wanted.datasets) or "what each one's profile says, a model the project's own three sets"
        self.query_one("#said", Static).update(f"{names}; asked: {asked}")

    @on(RowSelected, "#subjects")
    def _go_on(self) -> None:
        self.query_one("#data-sets").focus()

    @on(RowSelected, "#data-sets")
    def _selected(self) -> None:
        self.action_begin()

    def _wanted(self) -> Wanted:
        return Wanted(self.query_one("#subjects", Table).marked, self.query_one("#data-sets", Table).marked)

    def action_begin(self) -> None:
        """Give what is marked; without marks the run or model under the cursor."""
        wanted = self._wanted()
        under = self.query_one("#subjects", Table).cursor_key
        names = wanted.names or ((under,) if under else ())
        if names:
            self.dismiss(Wanted(names, wanted.datasets))
        else:
            self.notify("there is nothing that could be evaluated", severity="warning")

    def action_leave(self) -> None:
        """Nothing was wanted."""
        self.dismiss(None)


def _subject_row(subject: Subject) -> dict[str, object]:
    return {**vars(subject), "here": "yes" if subject.here else "no"}
