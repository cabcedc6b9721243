"""Use cases of the notify service, one file per thing."""
