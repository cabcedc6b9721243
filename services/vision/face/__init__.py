"""Faces: where one is, which 128 numbers describe it, whether two are alike, and whether a portrait keeps the rules.

    tools = open_tools(folder, models.session)      # tools.py: once per worker, for one thread
    loaded = load(content)                          # load.py: upright RGB no larger than needed; raises BadPicture
    check_portrait(loaded.image, rules, tools.finder, loaded.original)              # portrait.py
    compare(tools, card_face, loaded.image, bands, birth_date, today)               # compare.py

Rules and bands come from the programme (`shared.programme.identity_check`), sentences for people from `messages.py`.
There is no liveness detection: a decision says how alike two pictures are, never that a person sat before a camera.
"""
