"""identity: who is who.

Owns accounts of candidates and staff, their credentials, sessions, captchas and login attempts.
Emits AccountRegistered, PasswordChanged, ContactChanged; consumes nothing.
"""
