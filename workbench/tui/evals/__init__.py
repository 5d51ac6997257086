"""Evaluations: the queue and its results."""
