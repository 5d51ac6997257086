"""The full-screen app: screens over the engine's functions; the only package that knows Textual.

It has no verb of its own: what a key does, a command does, through the same function.
"""
