"""Talk to a base model and to what a run made of it.

``session`` is what a front end uses; it keeps a ``conversation`` and a ``client`` of the worker process. ``worker`` is
that process; ``sides`` and ``stream`` are its heavy part. The worker is no run: nothing is written, and it ends with
whoever started it.
"""
