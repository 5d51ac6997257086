"""chat: talk to a model, or to what a run made of it."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import Json, workspace_of
from workbench.cli.output import emit_json, printable, say
from workbench.errors import InputError, WorkbenchError

if TYPE_CHECKING:
    from workbench.engine.chat.conversation import Answer, Turn
    from workbench.engine.chat.session import Session

WAIT_S = 0.2


def chat(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(metavar="[RUN|MODEL]", help="A run, a model or a folder; by default the newest trained run."),
    ] = "",
    *,
    base_too: Annotated[bool, typer.Option("--base-too", help="Ask a run's untrained model the same.")] = False,
    prompt: Annotated[
        str, typer.Option("--prompt", metavar="TEXT", help="Ask this and leave; by default what stdin holds.")
    ] = "",
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", help="Longest answer.")] = 256,
    temperature: Annotated[float, typer.Option("--temperature", help="0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option("--top-p", help="Draw from the likeliest tokens only.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="Set before the first answer; each later one adds 1.")] = 42,
    as_json: Json = False,
) -> None:
    """Ask one prompt, or talk line by line on a terminal. Ctrl+C stops an answer and keeps it; twice leaves."""
    from workbench.engine.chat.partner import find
    from workbench.engine.chat.sampling import sampling
    from workbench.engine.chat.session import Session

    settings = sampling(temperature=temperature, top_p=top_p, max_new_tokens=max_new_tokens, seed=seed)
    partner = find(workspace_of(context), name)
    if base_too and not partner.run:
        raise InputError(f"--base-too: {partner.name} is a model as it is; only a run has a tuned and a base side.")
    talks = not prompt and sys.stdin.isatty()
    if talks and as_json:
        raise InputError("--json prints one answer: give --prompt, or the prompt on standard input.")
    text = "" if talks else prompt or sys.stdin.read().rstrip("\n")
    if not (talks or text.strip()):
        raise InputError("The prompt is empty: give --prompt, or the prompt on standard input.")
    sides = partner.sides if base_too else partner.sides[:1]
    session = Session(workspace_of(context), partner, settings)
    try:
        _dialogue(session, sides) if talks else _once(session, text, sides, as_json)
    finally:
        session.close()


def _once(session: "Session", prompt: str, sides: Sequence[str], as_json: bool) -> None:
    from workbench.engine.chat.transcript import record

    _load(session)
    turn = session.ask(prompt, sides)
    _follow(session, turn, streams=not as_json)
    if as_json:
        emit_json(record(session))
    failed = [answer.reason for answer in turn.answers.values() if answer.finish == "failed"]
    if failed:
        raise WorkbenchError("\n".join(failed))


def _dialogue(session: "Session", sides: Sequence[str]) -> None:
    _load(session)
    say("Type a line and press enter; ctrl+c stops an answer and keeps it, ctrl+d or ctrl+c twice leaves.")
    interrupted = False
    while True:
        try:
            line = input("> ")
        except EOFError:
            return
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            say("\nctrl+c again leaves")
            continue
        interrupted = False
        if line.strip():
            _follow(session, session.ask(line, sides), streams=True)
            if session.loaded.state == "failed":
                raise WorkbenchError(session.loaded.problem)


def _load(session: "Session") -> None:
    """Wait until the worker can answer, and say what it is doing."""
    stage = ""
    while session.loaded.state == "loading":
        session.take(WAIT_S)
        if session.loaded.stage != stage and session.loaded.state == "loading":
            stage = session.loaded.stage
            say(f"{stage} ...")
    if session.loaded.state == "failed":
        error = InputError if session.loaded.exit_code == InputError.exit_code else WorkbenchError
        raise error(session.loaded.problem)
    facts = session.loaded.facts
    say(f"{session.partner.name} ({session.partner.about}), {facts['device_name']}, {facts['dtype']}")


def _follow(session: "Session", turn: "Turn", streams: bool) -> None:
    """Print the answers of a turn while they grow; the first ctrl+c stops them, the second leaves."""
    shown: dict[int, int] = {}
    with _interrupts() as presses:
        while session.busy:
            if presses:
                session.stop()
            _, changed = session.take(WAIT_S)
            for answer in changed:
                _print(answer, shown, streams, heads=len(turn.answers) > 1)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """What ctrl+c adds to: the first one interrupts nothing, so that no part of an answer is lost."""
    presses: list[int] = []

    def pressed(number: int, _: object) -> None:
        presses.append(number)
        if len(presses) > 1:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, pressed)
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, before)


def _print(answer: "Answer", shown: dict[int, int], streams: bool, heads: bool) -> None:
    """What is new of an answer to stdout; who speaks and how it ended to stderr."""
    from workbench.engine.chat.transcript import ending

    if answer.id not in shown:
        shown[answer.id] = 0
        if heads:
            say(f"{answer.side}:")
    if streams:
        sys.stdout.write(printable(answer.text[shown[answer.id] :]))
        shown[answer.id] = len(answer.text)
        if answer.finish and answer.text:
            sys.stdout.write("\n")
        sys.stdout.flush()
    if answer.finish:
        say(f"({'(empty) ' if answer.nothing else ''}{ending(answer)})")
