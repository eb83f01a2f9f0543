"""The weights: what there is, where it comes from, and getting it here whole.

catalogue    names, files, digests, licences, sizes
store        ensure, path, pull, remove, list, check: all that others need
fetching     one model: lock, sources one after the other, publication
sources      what a source is; the hub.  directories, wheels: the two others
hub, index   what a hub and a package index know of a file.  reference: names of the hub
transfer     one file over HTTP, resumed and hashed
staging      where a model is put together before it appears
report       what the store says.  lock, progress, stopping, terms, trouble: what all of it needs
"""
