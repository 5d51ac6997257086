STARTED = ("started", {"pid": 1})


def step(number, **fields):
    return "step", {"step": number, "total_steps": 3, "loss": 2.0 / number, "learning_rate": 1e-4, **fields}


def test_the_last_telling_of_a_step_counts_and_no_number_is_null(cli, make_run):
    run = make_run(
        STARTED, step(1), step(2), step(3, loss=float("nan")), STARTED, step(2, loss=0.5), step(3, loss=None)
    )
    records = cli("steps", run.id, "--json").json()
    assert [(record["step"], record["loss"]) for record in records] == [(1, 2.0), (2, 0.5), (3, None)]
    assert set(records[0]) == {"step", "loss", "learning_rate"}


def test_as_a_table_csv_and_markdown(cli, make_run):
    run = make_run(STARTED, step(1), step(2, loss=None, grad_norm=0.7))
    assert cli("steps", run.id).out.split() == [
        *("step", "loss", "learning_rate", "grad_norm"),
        *("1", "2", "0.0001", "n/a"),
        *("2", "n/a", "0.0001", "0.7"),
    ]
    assert cli("steps", run.id, "--csv").out.splitlines()[:2] == ["step,loss,learning_rate,grad_norm", "1,2.0,0.0001,"]
    assert cli("steps", run.id, "--markdown").out.splitlines()[0] == "| step | loss | learning_rate | grad_norm |"


def test_a_run_without_steps_says_so(cli, make_run):
    run = make_run(STARTED)
    outcome = cli("steps", run.id)
    assert (outcome.code, outcome.out) == (0, "")
    assert "no step yet" in outcome.err
