"""HTTP of the registration service."""
