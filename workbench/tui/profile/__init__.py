"""The profile as a form and as TOML."""
