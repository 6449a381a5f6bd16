"""The pages of one state and of one county: facts of a place, one module a section."""
