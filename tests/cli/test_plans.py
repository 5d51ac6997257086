def test_check_and_dry_run_say_what_a_profile_will_take(cli):
    said = cli("check", "mine").err
    assert "training rows: 40 (all training rows)" in said
    assert "optimizer steps: 5 (5 an epoch x 1)" in said
    assert "tokens: n/a (no earlier run of tiny" in said
    assert "training time: n/a (" in said
    assert "optimizer steps: 3 (train.max_steps)" in cli("run", "mine", "--set", "train.max_steps=3", "--dry-run").err


def test_the_plan_is_in_the_json_too(cli):
    assert cli("check", "mine", "--json").json()["plan"]["steps"]["value"] == 5
    assert cli("run", "mine", "--dry-run", "--json").json()["plan"]["rows"]["value"] == 40
    assert cli("check", "mine", "--set", "adapter.r=0", "--json").json()["plan"] is None
