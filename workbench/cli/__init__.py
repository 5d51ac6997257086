"""The command line: parse, call the engine, print; no logic.

Modules with commands do without ``from __future__ import annotations``: Typer would evaluate every annotation of
every command twice before it could print the help.
"""
