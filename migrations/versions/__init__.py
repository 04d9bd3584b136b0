"""One file a revision, numbered in order. Once released, a revision is never edited: the next one mends it."""
