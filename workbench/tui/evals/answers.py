"""The answers of one evaluation: a table of them, one in full, and the untrained model's beside it."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from workbench.engine.answer_records import Record, answer_record, base_answers, is_failure
from workbench.engine.answers import AnswerReader, Portion, Sample, answers_of, base_of, belongs
from workbench.engine.prompts import Prompts
from workbench.engine.run import Run
from workbench.engine.run_records import FORMATS, as_text
from workbench.tui.evals.columns import ANSWERS
from workbench.tui.evals.detail import answer_text, base_text
from workbench.tui.evals.full import FullView
from workbench.tui.files import Export
from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.screen import WorkbenchScreen
from workbench.tui.widgets.filter_bar import FilterBar
from workbench.tui.widgets.scroll import Scroll
from workbench.tui.widgets.table import Table
from workbench.tui.widgets.table_messages import RowHighlighted, RowSelected, StateChanged

if TYPE_CHECKING:
    from workbench.engine.evaluation_list import Evaluation

LOOK_S = 1.0
NONE = "no answer is selected"


class AnswersScreen(WorkbenchScreen):
    """What was asked and answered, question by question.

    Args:
        evaluation: Whose answers; it may still be going on.
    """

    MODE = "evals"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("evals.base", "b", "base", "Base beside", hint=True),
        Key("evals.failures", "F", "failures", "Failures only", hint=True),
        SHARED["open"].says("Full view"),
        SHARED["filter"].says("Search"),
        SHARED["attach"],
    )
    DEFAULT_CSS = """
    AnswersScreen {
        & #panes { height: 1fr; layout: vertical; }
        & #list { height: 1fr; }
        & #detail { height: 45%; border-top: solid $primary; }
        & #detail Scroll { width: 1fr; height: 100%; padding: 0 1; }
        & #base { display: none; border-left: solid $primary; }
        &.-beside #base { display: block; }
        &.-wide #panes { layout: horizontal; }
        &.-wide #list { width: 1fr; height: 100%; }
        &.-wide #detail { width: 50%; height: 100%; border-top: none; border-left: solid $primary; }
    }
    """

    def __init__(self, evaluation: Evaluation) -> None:
        super().__init__()
        self._evaluation = evaluation
        self._records: dict[str, Record] = {}
        self._samples: dict[str, Sample] = {}
        self._base: Mapping[str, Sample] | None = None
        self._base_reason = ""
        self._failures = self._busy = False
        self._damaged = 0
        self._key: str | None = evaluation.protocol_key or None

    def compose_body(self) -> ComposeResult:
        """The table with its filter; the answer under the cursor below or beside it."""
        with Horizontal(id="panes"):
            with Vertical(id="list"):
                yield Table(ANSWERS, empty="Reading the answers …", id="answers")
                yield FilterBar("#answers", "verdict=wrong   answer~paris", id="filter")
            with Horizontal(id="detail"):
                with Scroll(id="own"):
                    yield Static(id="own-text", markup=False)
                with Scroll(id="base"):
                    yield Static(id="base-text", markup=False)

    def on_mount(self) -> None:
        """Read what is there, and go on while the evaluation does."""
        self._run = Run(self.app.workspace, self._evaluation.run_id)
        self._prompts = Prompts(self.app.workspace)
        self._reader: AnswerReader | None = None
        self.subject = f"{self._evaluation.name} · {self._evaluation.dataset}"
        state = self.app.settings.get(self.MODE, "answers")
        self.table.restore({**state, "filter": ""} if isinstance(state, dict) else None)
        self.table.focus()
        self._look()
        self.every(LOOK_S, self._look)

    @property
    def table(self) -> Table:
        """The list of answers."""
        return self.query_one("#answers", Table)

    # reading: one portion in a thread, then a frame, then the next one

    def _look(self) -> None:
        if self.is_current and not self._busy:
            self._busy = True
            self._load()

    @work(group="answers")
    async def _load(self) -> None:
        try:
            more = True
            while more:
                portion, records = await asyncio.to_thread(self._read)
                self._take(portion, records)
                more = portion.more
        finally:
            self._busy = False

    def _read(self) -> tuple[Portion, dict[str, Record]]:
        """The next answers to this data set; in a thread."""
        if self._reader is None:
            self._reader = AnswerReader(self._answers_run().samples_file)
        if self._base is None:
            self._base, self._base_reason = self._read_base()
        portion = self._reader.read()
        if portion.anew:
            self._key = self._evaluation.protocol_key or None
        portion.samples = [sample for sample in portion.samples if self._is_own(sample)]
        return portion, {str(sample["doc_id"]): self._record(sample) for sample in portion.samples}

    def _is_own(self, sample: Sample) -> bool:
        """Whether a sample is one of this evaluation; the first that belongs to its name says with which key."""
        if self._key is None and belongs(self._evaluation.dataset, sample):
            self._key = sample.get("key")
        return belongs(self._evaluation.dataset, sample) and sample.get("key") == self._key

    def _answers_run(self) -> Run:
        if self._evaluation.of_base:
            return base_of(self._run)[0] or self._run
        return answers_of(self._run)

    def _read_base(self) -> tuple[Mapping[str, Sample], str]:
        run = self._answers_run()
        if run.is_base:
            return {}, "these are the answers of the untrained model"
        return base_answers(run, self._evaluation.dataset)

    def _record(self, sample: Sample) -> Record:
        turns, _ = self._prompts.find(sample)
        return answer_record(sample, turns, (self._base or {}).get(str(sample["doc_hash"])))

    def _take(self, portion: Portion, records: dict[str, Record]) -> None:
        if portion.anew:
            self._records.clear()
            self._samples.clear()
        self._records |= records
        self._samples |= {str(sample["doc_id"]): sample for sample in portion.samples}
        self._damaged += portion.damaged
        if records or portion.anew or not self._records:
            self._fill()

    def _fill(self) -> None:
        """What the table shows: all answers, or the failures."""
        shown = {key: record for key, record in self._records.items() if not self._failures or is_failure(record)}
        self.table.empty = "Every answer is right." if self._records else "No answers here yet."
        self.table.set_rows(shown)
        self.query_one(FilterBar).refresh_count()
        damaged = f" · {self._damaged} damaged lines" if self._damaged else ""
        only = " · failures only" if self._failures else ""
        about = f"{self._evaluation.name} · {self._evaluation.dataset} · {len(shown):,} of {len(self._records):,}"
        self.subject = f"{about}{only}{damaged}"
        self._show_detail()

    # the answer under the cursor

    @on(RowHighlighted, "#answers")
    def _show_detail(self) -> None:
        key = self.table.cursor_key or ""
        record = self._records.get(key)
        own, base = self.query_one("#own-text", Static), self.query_one("#base-text", Static)
        if record is None:
            own.update("")
            base.update("")
            return
        own.update(self._own(key))
        base.update(base_text(record, self._base_reason))
        for pane in self.query(Scroll):
            pane.scroll_home(animate=False)

    def _own(self, key: str) -> Text:
        return answer_text(self._records[key], *self._prompts.find(self._samples[key]))

    @on(RowSelected, "#answers")
    def _selected(self) -> None:
        self.action_open()

    # what the base screen asks

    def step_out(self) -> bool:
        """The search, then the failures, then the list of evaluations."""
        if self.query_one(FilterBar).clear():
            return True
        if self._failures:
            self.action_failures()
            return True
        if not self.table.has_focus:
            self.table.focus()
            return True
        return False

    def copy_text(self) -> str | None:
        """The whole answer."""
        record = self._records.get(self.table.cursor_key or "")
        return record["answer"] if record else None

    def editor_path(self) -> Path | None:
        """The file with the answers."""
        return self._answers_run().samples_file

    def exports(self) -> Iterable[Export]:
        """The answers that are shown, in three formats."""
        words = ["workbench", "samples", self._run.id, "--on", self._evaluation.dataset]
        words += ["--failures"] if self._failures else []
        words += ["--where", self.table.rows.filter] if self.table.rows.filter else []
        for form, suffix in FORMATS.items():
            command = shlex.join([*words, f"--{form}"])
            yield Export(f"Export the answers as {form}", suffix, partial(self._text, form), command)

    def _text(self, form: str) -> str:
        return as_text([self._records[key] for key in self.table.rows.keys], form)

    @on(StateChanged, "#answers")
    def _keep(self, event: StateChanged) -> None:
        self.app.settings.set(self.MODE, "answers", event.state)

    # keys

    def action_filter(self) -> None:
        """Search prompts and answers."""
        self.query_one(FilterBar).open()

    def action_failures(self) -> None:
        """Only answers that are not right, or all again."""
        self._failures = not self._failures
        self._fill()

    def action_base(self) -> None:
        """The untrained model's answer beside this one, or no longer."""
        self.toggle_class("-beside")
        if self.has_class("-beside") and self._base_reason:
            self.refuse(f"no answers of the untrained model: {self._base_reason}")

    def action_open(self) -> None:
        """One answer on the whole screen, the untrained model's under it."""
        key = self.table.cursor_key
        if key is None or key not in self._records:
            self.refuse(NONE)
            return
        parts = [self._own(key), Text("\n"), base_text(self._records[key], self._base_reason)]
        self.app.push_screen(FullView(Text("\n").join(parts), self._records[key]["answer"]))

    async def action_attach(self) -> None:
        """Show the run live."""
        await self.app.open_run(self._run.id, "live")
