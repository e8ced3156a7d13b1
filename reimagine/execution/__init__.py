"""Running steps: a step is found done, or its parts are processed and their artifact is written."""
