"""Images, and what runs in them beside the services."""
