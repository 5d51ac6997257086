from workbench.cli.output import emit_table, printable, say_problems
from workbench.errors import Problem


def test_a_table_of_a_pipe_is_never_wrapped_and_reads_no_markup(capsys):
    emit_table(["name", "value"], [("[red]x[/red]\x1b[2J", "y" * 300)])
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith("[red]x[/red]\\x1b[2J")
    assert line.rstrip().endswith("y" * 300)


def test_letters_of_all_scripts_stay_and_controls_are_spelt_out():
    assert printable("é 漢 ✓\n\ta") == "é 漢 ✓\n\ta"
    assert printable("a\rb\x07\x9b") == "a\\rb\\x07\\x9b"


def test_warnings_are_marked(capsys):
    say_problems([Problem("a", "wrong."), Problem("b", "odd.", fatal=False)])
    assert capsys.readouterr().err == "a: wrong.\nwarning: b: odd.\n"
