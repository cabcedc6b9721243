"""One file for each command of `./baokao` that is more than a line."""
