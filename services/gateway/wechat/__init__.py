"""Pages for the browser inside WeChat, on a phone."""
