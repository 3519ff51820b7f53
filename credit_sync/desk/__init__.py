"""The officers' web pages: FastAPI over the same store, plain forms, no assets of other hosts. See docs/desk.md."""
