"""The pull stage: what sources deliver is taken over into the store, refused, or taken back."""
