"""Writing back: every change of a flag is told, once and in order, to the system that the application came from."""
