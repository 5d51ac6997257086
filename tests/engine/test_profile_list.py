from workbench.engine.profile_list import profile_records
from workbench.paths import Workspace

GOOD = "# Shows that.\n#\n[model]\nname = 'm'\n[data]\ndataset = 'quiz'\n"


def test_one_record_a_profile_by_name(tmp_path):
    place = Workspace(tmp_path)
    assert profile_records(place) == []
    place.profiles.mkdir()
    place.profile("b-x").write_text(GOOD)
    place.profile("b").write_text(GOOD.partition("[model]")[2].join(["[model]", "[train]\nmax_steps = 0\n"]))
    place.profile("c").write_text("[model\n")
    records = profile_records(place)
    assert [record["name"] for record in records] == ["b", "b-x", "c"]
    assert records[1] == {
        "name": "b-x",
        "model": "m",
        "method": "lora",
        "quant": "none",
        "data": "quiz",
        "shows": "Shows that.",
    }
    assert (records[0]["method"], records[0]["shows"]) == ("none", "")
    assert records[2]["model"] is None
    assert records[2]["shows"].startswith("cannot be read: ")
