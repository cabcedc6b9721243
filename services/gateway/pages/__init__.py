"""Pages of candidates and of everybody: one module a family, each with its ROUTES."""
