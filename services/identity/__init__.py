"""identity: who is who.

Owns accounts of candidates and staff, their credentials, sessions, captchas and login attempts.
Emits what shared/events/identity.py declares; consumes PortraitVerified (registration) and FaceCheckCompleted (vision).
"""
