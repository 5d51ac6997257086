"""The engine: what the command and every other front end call."""
