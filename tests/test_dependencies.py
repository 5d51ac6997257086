"""What is imported is declared: what another package brings along may be gone with its next version."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import workbench

PACKAGE = Path(workbench.__file__).parent
DECLARED = PACKAGE.parent / "pyproject.toml"


def imported(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def plain(name):
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_imported_package_is_declared():
    if not DECLARED.is_file():
        pytest.skip("installed without its sources")
    project = tomllib.loads(DECLARED.read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    declared = {plain(re.match(r"[\w.-]+", one)[0]) for one in wanted}
    distributions = packages_distributions()
    undeclared = {
        f"{name} in {path.relative_to(PACKAGE)}"
        for path in PACKAGE.rglob("*.py")
        for name in {module.partition(".")[0] for module in imported(path.read_text(encoding="utf-8"))}
        if name not in sys.stdlib_module_names and name != "workbench"
        if not declared & {plain(one) for one in distributions.get(name, [name])}
    }
    assert not undeclared
