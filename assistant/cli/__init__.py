"""The command line; one file a verb, thin, imported only when its verb is used."""
