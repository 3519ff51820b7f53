"""Made-up applicants and a made-up list of any size, with planted pairs whose truth is known.

Nobody in it exists: people are born 1900-1924, codes of organisations are made, only their names may be real.
"""
