from workbench.engine.reference import published


def test_the_study_has_twelve_rows():
    n, rows = published()
    assert (n, len(rows), len({row.name for row in rows})) == (50, 12, 12)


def test_scores_are_fractions():
    _, rows = published()
    assert all(0 < score < 1 for row in rows for score in (row.arc_macro_f1, row.squad_f1))
    figures = {row.name: row for row in rows}["8B QLoRA r256"]
    assert (figures.arc_macro_f1, figures.openmath_abs_diff, figures.squad_f1) == (0.8803, 116.96, 0.3973)
    assert (figures.train_gib, figures.latency_s) == (7.608, (2.69, 5.40, 0.82))
    assert "nothing was trained" in figures.note
