"""Everything `./baokao` does on one machine."""
