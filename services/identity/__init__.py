"""identity: who is who.

Owns accounts of candidates and staff, their credentials, sessions, captchas and login attempts, and the audit log.
Emits what shared/events/identity.py declares; consumes PortraitVerified (registration), FaceCheckCompleted
(vision) and ActionRecorded, which all services emit in which staff decide.
"""
