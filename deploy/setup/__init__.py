"""Makes a fresh machine ready. Standard library only: it runs before anything is installed."""
