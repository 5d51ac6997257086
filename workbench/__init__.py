"""Workbench: fine-tune language models on the GPU you own, and know what the numbers can claim."""

__version__ = "0.1.0"
