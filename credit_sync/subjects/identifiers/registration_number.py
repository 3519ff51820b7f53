"""工商注册号, the 15-digit registration number used before the USCC (GS 15-2006): ISO 7064 MOD 11,10."""


def is_valid(number: str) -> bool:
    """Fifteen digits with the right check digit.

    >>> is_valid("110108000000016"), is_valid("110108000000017")
    (True, False)
    """
    if len(number) != 15 or not number.isdigit() or len(set(number)) == 1:
        return False
    from stdnum.iso7064 import mod_11_10  # takes longer to load than this package; few lists hold such numbers

    return bool(mod_11_10.is_valid(number))
