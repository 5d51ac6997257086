import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from xml.sax.saxutils import escape

import pytest

from workbench.engine.events import EventLog
from workbench.engine.report import report
from workbench.engine.report.build import build
from workbench.engine.report.document import Bullets, Document, Paragraph, Section, Table, Verbatim
from workbench.engine.report.history import history
from workbench.engine.report.html import render as to_html
from workbench.engine.report.markdown import render as to_markdown
from workbench.errors import InputError
from workbench.paths import Workspace

BASE = "base-m-12345678"
HOSTILE = "</pre><script>alert(1)</script>\n```\n[x](javascript:alert(1)) | <img src=x onerror=y> \x1b[31m \"'"
VOID = {"meta", "img", "br"}


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def runs(workspace, fabricate):
    """A base, a trained run with a log, and one whose answers are hostile."""
    fabricate.write(workspace, BASE, fabricate.quiz(20))
    training = {
        "steps": 2,
        "train_rows": 16,
        "trainable_parameters": 1234,
        "tokens": 800,
        "wall_s": 95.0,
        "tokens_per_s": 8.4,
        "first_loss": 2.5,
        "last_loss": 1.25,
    }
    versions = {"torch": "2.13.0", "peft": None}
    good = fabricate.write(workspace, "20260101-000000-good", fabricate.quiz(45), training=training, versions=versions)
    log = EventLog(good.events_file)
    log.append("started", schema=1, verb="run")
    log.append("stage", stage="train")
    for step, loss in ((1, 2.5), (2, 9.0), (2, 1.25), (3, float("nan"))):
        log.append("step", step=step, loss=loss, peak_allocated_bytes=2**30)
    log.append("memory", rss_bytes=2**29)
    log.append("ended", status="finished")
    log.close()
    golds = [("ABCD"[place % 4],) for place in range(50)]
    answers = fabricate.samples("arc", "quiz", golds, [HOSTILE, *["A"] * 49])
    return [good, fabricate.write(workspace, "20260101-000001-hostile", answers)]


class Tags(HTMLParser):
    """All elements of a page, and whether they are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(page):
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    return tags


def test_the_history_has_the_last_telling_of_each_step(runs):
    told = history(runs[0])
    assert told.losses == [(1, 2.5), (2, 1.25)]
    assert [stage for _, stage in told.stages] == ["train"]
    assert [bytes_ for _, bytes_ in told.memory["of the process in main memory (RSS)"]] == [2**29]


def test_an_html_report_holds_everything_and_loads_nothing(workspace, runs, tmp_path):
    files = report(workspace, runs, tmp_path / "out" / "report.html")
    assert [file.name for file in files] == ["report.html"]
    page = files[0].read_text()
    tags = parsed(page)
    kinds = [tag for tag, _ in tags.seen]
    assert "script" not in kinds
    assert "a" not in kinds
    images = [attributes["src"] for tag, attributes in tags.seen if tag == "img"]
    assert len(images) == 3  # the plane, the losses, the memory
    assert all(source.startswith("data:image/png;base64,iVBOR") for source in images)
    assert all(set(attributes) <= {"alt", "src"} for tag, attributes in tags.seen if tag == "img")
    assert "default-src 'none'" in page.replace("&#x27;", "'")
    assert "\x1b" not in page
    text = " ".join(tags.text)
    assert "alert(1)" in text  # it is shown, as text
    assert "▲ better" in text


def test_it_says_what_somebody_who_was_not_there_needs(workspace, runs, tmp_path):
    (file,) = report(workspace, runs, tmp_path / "report.html")
    text = " ".join(" ".join(parsed(file.read_text()).text).split())
    for part in (
        "20260101-000000-good is shown to beat every other row on accuracy, 1 that collapsed left out.",
        "collapsed to one answer",
        "Questions needed to show a difference of",
        "unparsed: 1 of 50",
        "wrong: ",
        "expected: B",
        "How the numbers were made",
        "McNemar's test",
        "Shown to be better than the baseline on accuracy: 20260101-000000-good.",
        "What the numbers rest on",
        "Profile of 20260101-000000-good",
        "torch 2.13.0",
        'always "A"',
        "one training seed",
        "1,234",
        "1m35s",
    ):
        assert part in text, part


def test_a_markdown_report_has_its_pictures_beside_it(workspace, runs, tmp_path):
    files = report(workspace, runs, tmp_path / "my report.md")
    text = files[0].read_text()
    assert [file.parent.name for file in files[1:]] == ["my report-files"] * 3
    links = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert sorted(link.partition("/")[2] for link in links) == sorted(file.name for file in files[1:])
    assert all(link.startswith("my%20report-files/") for link in links)
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files[1:])


def test_markdown_keeps_hostile_text_in_its_place():
    document = Document(
        HOSTILE,
        [
            Section(
                HOSTILE,
                [Paragraph(HOSTILE), Bullets([HOSTILE]), Table((["run", HOSTILE], [[HOSTILE] * 2])), Verbatim(HOSTILE)],
            )
        ],
    )
    lines = to_markdown(document, "pictures").splitlines()
    fence = next(place for place, line in enumerate(lines) if line.startswith("````"))
    outside, inside = lines[:fence], lines[fence + 1 :]
    assert inside[-1] == "````"
    assert inside[:-1] == HOSTILE.replace("\x1b", "\\x1b").splitlines()
    assert not any("<script" in line or "<img" in line for line in outside)
    assert not any(re.search(r"(?<!\\)\[x(?<!\\)\]", line) for line in outside if not line.startswith("|"))
    header, rule, row = [line for line in outside if line.startswith("|")]
    assert len(re.findall(r"(?<!\\)\|", header)) == len(re.findall(r"(?<!\\)\|", row)) == len(re.findall(r"\|", rule))


def test_html_escapes_every_part():
    parts = [
        Paragraph(HOSTILE),
        Bullets([HOSTILE]),
        Table((["run", HOSTILE], [[HOSTILE] * 2]), HOSTILE),
        Verbatim(HOSTILE),
    ]
    page = to_html(Document(HOSTILE, [Section(HOSTILE, parts)]))
    tags = parsed(page)
    assert {tag for tag, _ in tags.seen} <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "div", "table", "caption"),
        *("thead", "tbody", "tr", "th", "td", "pre"),
    }
    assert escape("<img src=x") in page


def test_imported_results_are_reported_with_their_caveats(workspace, tmp_path):
    from workbench.engine.imports import import_results

    table = tmp_path / "mine.csv"
    table.write_text("name,metric,value,n\na,accuracy,45/50,\nb,accuracy,40/50,\n")
    made = [one.run for one in import_results(workspace, [table])]
    (file,) = report(workspace, made, tmp_path / "report.html", baseline="a")
    text = " ".join(" ".join(parsed(file.read_text()).text).split())
    assert "typed in by somebody" in text
    assert "No answers are kept with these results" in text
    assert "Fisher's exact test" in text
    assert "McNemar" not in text
    assert "No row is shown to differ from the baseline on accuracy." in text
    assert "mine.csv" in text


def timed(median, device="GPU A", together=()):
    one = {"median": median, "low": median * 0.9, "high": median * 1.1}
    figures = {**one, "p95": median * 2, "p95_low": median * 1.8, "p95_high": median * 2.2}
    conditions = {"dtype": "bfloat16", "device": device, "quant": "none", "clocks": None, "prompts_sha256": "x"}
    counts = {"prompts": 32, "repeats": 3, "new_tokens": 64}
    return {**counts, "ttft_s": figures, "tpot_s": figures, "conditions": conditions, "interleaved_with": [*together]}


@pytest.mark.parametrize(("device", "told"), [("GPU A", False), ("GPU B", True)])
def test_latencies_of_other_conditions_are_not_ranked(workspace, runs, device, told):
    for run, one in zip(runs, (timed(0.02, together=["y"]), timed(0.04, device)), strict=True):
        result = json.loads(run.result_file.read_text())
        run.result_file.write_text(json.dumps({**result, "latency": one}))
    (section,) = [one for one in build(workspace, runs).sections if one.heading == "Latency"]
    header, rows = section.parts[0].grid
    assert {row[header.index("first token")] for row in rows} == {"0.0200 [0.0180, 0.0220]", "0.0400 [0.0360, 0.0440]"}
    points = section.parts[1].points
    assert any("must not be ranked" in point and "different devices" in point for point in points) == told
    assert any("Measured by itself" in point and runs[1].id in point for point in points)


def test_a_run_without_a_result_is_said(workspace, runs, tmp_path):
    runs[1].result_file.unlink()
    points = [point for part in build(workspace, runs).sections[0].parts[1:] for point in part.points]
    assert any(runs[1].id in point and "has no result" in point for point in points)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "train"}'])
def test_a_damaged_result_is_said_and_no_crash(workspace, runs, text):
    runs[1].result_file.write_text(text)
    points = [point for part in build(workspace, runs).sections[0].parts[1:] for point in part.points]
    assert any(runs[1].id in point and "damaged" in point for point in points)


def test_a_run_without_scores_is_told_of_its_training(workspace, runs):
    result = json.loads(runs[0].result_file.read_text())
    runs[0].result_file.write_text(json.dumps({**result, "evaluation": {}}))
    document = build(workspace, runs)
    points = [point for part in document.sections[0].parts[1:] for point in part.points]
    assert f"{runs[0].id} was trained and has no scores" in points
    training = next(section for section in document.sections if section.heading == "Training")
    assert [row[0] for row in training.parts[0].grid[1]] == [runs[1].id, runs[0].id]


@pytest.mark.parametrize("name", ["report", "report.pdf"])
def test_another_ending_is_refused(workspace, runs, tmp_path, name):
    with pytest.raises(InputError, match=r"\.md or \.html"):
        report(workspace, runs, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_matplotlib_is_loaded_only_for_a_report():
    code = "import sys, workbench.engine.compare, workbench.engine.report; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.lower()) is False


def test_validation_has_its_own_table_and_its_own_line(workspace, fabricate):
    looks = [
        {"step": 0, "eval_loss": 3.0, "low": 2.5, "high": 3.5},
        {"step": 2, "eval_loss": 1.0, "low": 0.8, "high": 1.2},
    ]
    validation = {"n": 8, "n_tokens": 31, "evaluations": 2, "wall_s": 4.0}
    validation |= {"first": looks[0], "best": looks[1], "last": looks[1]}
    fabricate.write(workspace, BASE, fabricate.quiz(20))
    training = {"steps": 2, "first_loss": 2.5, "last_loss": 1.25, "validation": validation}
    run = fabricate.write(workspace, "20260101-000000-good", fabricate.quiz(45), training=training)
    log = EventLog(run.events_file)
    log.append("step", step=1, loss=2.5)
    for look in (looks[0], {"step": 5, "eval_loss": 9.0}, looks[1]):  # the attempt that reached step 5 was lost
        log.append("evaluated", **look)
    log.close()
    assert history(run).eval_losses == [(0, 3.0), (2, 1.0)]
    page = to_markdown(build(workspace, [run]), "pictures").replace("\\", "")
    assert "The loss on rows held out of the training" in page
    assert "1.0000 [0.8000, 1.2000]" in page
    assert "Dashed, with a mark at each look" in page
