"""Evaluation: what is asked, how it is answered, scored and summed up."""
