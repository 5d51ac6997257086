"""A run's scores and answers in the files of other tools."""
