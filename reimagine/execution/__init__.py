"""Execution of steps: finished steps are reused; otherwise the parts are processed and the artifact is written."""
