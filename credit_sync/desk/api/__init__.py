"""The interface for other systems, /api/v1: the gate, look-up, licences and penalties. See docs/gate.md."""
