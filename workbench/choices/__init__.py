"""The tables that a profile chooses from. Nothing here imports a heavy library."""
