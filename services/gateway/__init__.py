"""Web pages for candidates and staff, server-rendered. Owns no data: every page asks the services over HTTP.

Consumes and emits no events. A page family is one module of `pages/` or `staff/`; `app.py` lists them; templates
share one component set.
"""
