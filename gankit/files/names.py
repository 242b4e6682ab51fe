"""Text as part of a file's name."""


def safe(text, signs="-_"):
    """Letters, digits and some signs as they are, and an underscore for anything else."""
    return "".join(c if c.isalnum() or c in signs else "_" for c in text)
