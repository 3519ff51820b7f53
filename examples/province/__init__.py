"""A made-up province: everybody and every number in it is invented, except the names of places, courts and
public universities. `examples/make.py` writes it out as the files the example configuration reads.
"""
