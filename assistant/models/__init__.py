"""The weights: what there is, where it comes from, and getting it here whole.

catalogue  names, files, digests, licences, sizes, sources
sources    a directory, a hub, a wheel of the package index
store      ensure, pull, list, remove
"""
