"""How it is run: reports, notebooks, manifest, command line; the only importers of papermill and friends."""
