"""Faces: where one is, which 128 numbers describe it, whether two are alike, and whether a portrait keeps the rules.

Pure functions; networks are opened once per worker (`models.Faces`) and passed in. There is no liveness detection:
a decision says how alike two pictures are, never that a person sat before a camera.
"""
