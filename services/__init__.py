"""The independent services; each package's docstring says what it owns, consumes and emits."""
