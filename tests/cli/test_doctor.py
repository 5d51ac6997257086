from workbench.engine import doctor as engine
from workbench.engine.doctor import Finding


def test_findings_are_printed_and_a_broken_one_ends_with_1(cli, monkeypatch):
    found = [Finding("library", "torch", "2.13.0", True), Finding("library", "peft", "not installed", False)]
    monkeypatch.setattr(engine, "diagnose", lambda workspace: found)
    done = cli("doctor")
    assert done.code == 1
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == ["ok", "!!"]
    assert cli("doctor", "--json").json()[0] == {"area": "library", "name": "torch", "value": "2.13.0", "ok": True}
