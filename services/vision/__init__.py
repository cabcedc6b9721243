"""Vision: from the bytes of an ID card and a portrait to fields, verdicts and a face decision.

Owns no personal data: it reads pictures by object key, answers with an outcome event and forgets them.
Consumes identity-check jobs in two lanes (bulk and interactive); emits one outcome for each.
"""
