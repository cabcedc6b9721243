"""identity: who is who.

Owns accounts of candidates and staff, their credentials, sessions, captchas and login attempts, one-time codes,
resets by SMS and by face, requests of staff and corrections of the roll, and the audit log.
Emits what shared/events/identity.py declares; consumes PortraitVerified (registration), FaceCheckCompleted
(vision) and ActionRecorded, which all services emit in which staff decide.
"""
