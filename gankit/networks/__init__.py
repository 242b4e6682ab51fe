"""Parts of networks that several domains share."""
