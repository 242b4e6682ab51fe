"""The ids that are no words, in every vocabulary."""

PADDING, START, END, UNKNOWN = range(4)
