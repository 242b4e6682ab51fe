"""What parsers promise: they read a file, or refuse it in an error that names it."""


def reads_or_refuses(parse, given, shown=None):
    """What `parse(given)` gives, or None where it was refused as it should be; anything else fails.

    Args:
        parse: raises a ValueError at what it refuses.
        given: a path or a text.
        shown: texts, one of which the error must show; by default what was given.
    """
    found, error = None, None
    try:
        found = parse(given)
    except ValueError as caught:
        error = caught
    if error is not None:
        assert type(error) is ValueError  # and not, say, a UnicodeDecodeError that got through
        assert any(one in str(error) for one in shown or [str(given)])
    return found


def changed(content, changes):
    """Bytes with some places overwritten: `changes` are (share of the length, byte)."""
    content = bytearray(content)
    for place, byte in changes:
        content[int(place * (len(content) - 1))] = byte
    return bytes(content)
