"""Pages of reviewers and offices: one module a family, each with its ROUTES."""
