"""Skills: one file each, typed async functions whose docstrings the mind reads.

eyes  reads, scans codes, names colours, tells light, faces and motion, without a mind that sees
"""
