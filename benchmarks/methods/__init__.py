"""The methods that are measured, each in a process of its own: this product, its peers, and the floor."""
