"""The pictures of the docs, drawn by code: `cd docs && python -m figures` draws them all again."""
