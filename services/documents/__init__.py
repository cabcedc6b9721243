"""documents: pictures made safe, object storage, printable PDFs.

Owns uploads (who brought which picture; the bytes lie in object storage under their hash).
Consumes FacePhotoSpent (identity) and PicturesReleased (registration); emits nothing.
"""
